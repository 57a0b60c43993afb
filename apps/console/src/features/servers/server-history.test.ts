import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  AuditEntry_Outcome as Outcome,
  AuditEntrySchema,
  ConditionStatus,
  Kind,
  Operation_State,
  OperationSchema,
  ResourceSchema,
  Server_State,
  ServerSchema,
} from '@ostler/contracts';
import { expect, test } from 'vitest';
import { serverHistory } from './server-history';

const at = (minute: number) => timestampFromMs(Date.UTC(2030, 0, 1, 0, minute));
const server = create(ServerSchema, {
  uid: 's',
  name: 'web-1',
  state: Server_State.DOWN,
  stateSince: at(40),
  joinedAt: at(1),
});
const entry = (subject: string, method: string, minute: number) =>
  create(AuditEntrySchema, {
    uid: `e${minute}`,
    subject,
    method,
    outcome: Outcome.DONE,
    createdAt: at(minute),
  });
const site = create(ResourceSchema, {
  meta: { uid: 'r', kind: Kind.SITE, name: 'shop' },
  status: {
    placementStatuses: [
      {
        serverUid: 's',
        conditions: [{ type: 'Ready', status: ConditionStatus.TRUE, lastTransitionAt: at(20) }],
      },
    ],
  },
});

test('changes, operations and states of one server stand in one line of time, newest first', () => {
  const operation = create(OperationSchema, {
    uid: 'o',
    spec: { operation: { case: 'diagnose', value: {} } },
    state: Operation_State.SUCCEEDED,
    endedAt: at(30),
  });
  const changed = entry('Server web-1', 'ostler.api.v1.FleetService/UpdateServer', 10);
  const told = serverHistory(server, [site], [operation], [changed]).map(
    ({ kind, title, word }) => `${kind}: ${title} ${word}`,
  );
  expect(told).toEqual([
    'state: Server Down',
    'operation: Diagnose Succeeded',
    'state: Site shop Ready',
    'change: Fleet: update server Done',
    'state: Server Joined',
  ]);
});

test('the start of an operation is told once, and a server whose name goes on is another one', () => {
  const started = entry('Server web-1', 'ostler.api.v1.OperationService/Start', 10);
  const another = entry('Server web-10', 'ostler.api.v1.FleetService/UpdateServer', 11);
  const kinds = serverHistory(server, [], [], [started, another]).map(({ kind }) => kind);
  expect(kinds).toEqual(['state', 'state']);
});
