import { create, toBinary } from '@bufbuild/protobuf';
import { Hold_Cause, Kind, Server_State, ServerReportSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { toServer } from './server-messages';
import type { ServerRow } from './server.repository';

const DAY = new Date('2026-03-01T00:00:00Z');

const row: ServerRow = {
  uid: '0196f000-0000-7000-8000-000000000001',
  tenant_uid: '0196f000-0000-7000-8000-000000000002',
  name: 'web-1',
  display_name: '',
  labels: {},
  report: null,
  agent_version: '0.1.0',
  feature_level: 1,
  clock_skew_ms: 0n,
  joined_at: DAY,
  state: Server_State.CONNECTED,
  state_since: DAY,
  last_seen_at: null,
  stored_revision: 0n,
  resource_version: 1n,
  removed_at: null,
  revoked_at: null,
  hold_cause: null,
  hold_message: '',
  hold_since: null,
  hold_counter: 0n,
  hello_counter: 7n,
  last_disconnect: '',
  last_disconnect_at: null,
  certificate_expires_at: null,
  orphans: [],
  placements: 0,
  placements_ready: 0,
};

test('what its agent reported of the machine is told as facts, disks and policy with it', () => {
  const report = create(ServerReportSchema, {
    cpuModel: 'Some CPU',
    dockerVersion: '27.0',
    disks: [{ mountPoint: '/srv', fileSystem: 'xfs', sizeBytes: 10n, freeBytes: 4n }],
    localPolicy: { path: '/etc/ostler/policy', present: true, kinds: ['SITE'], selfUpdate: true },
  });
  const server = toServer(
    { ...row, report: Buffer.from(toBinary(ServerReportSchema, report)) },
    0n,
    undefined,
  );
  expect(server.facts).toMatchObject({
    cpuModel: 'Some CPU',
    dockerVersion: '27.0',
    disks: [{ mountPoint: '/srv', fileSystem: 'xfs', sizeBytes: 10n, freeBytes: 4n }],
  });
  expect(server.localPolicy).toMatchObject({ present: true, kinds: ['SITE'], selfUpdate: true, exec: false });
});

test('a revoked server is revoked, whatever its lanes did last', () => {
  const revokedAt = new Date('2026-03-02T00:00:00Z');
  const server = toServer({ ...row, revoked_at: revokedAt }, 0n, undefined);
  expect(server.state).toBe(Server_State.REVOKED);
  expect(server.stateSince).toEqual(server.revokedAt);
});

test('a hold tells the counter that came and the one that was seen before', () => {
  const held = { hold_cause: Hold_Cause.PUT_BACK, hold_message: 'decide', hold_since: DAY, hold_counter: 3n };
  expect(toServer({ ...row, ...held }, 0n, undefined).hold).toMatchObject({
    cause: Hold_Cause.PUT_BACK,
    counterSeen: 3n,
    counterExpected: 7n,
  });
  expect(toServer(row, 0n, undefined).hold).toBeUndefined();
});

test('orphans are told with the name of their kind and generations beyond a number', () => {
  const orphan = { uid: row.uid, kind: Kind.SITE, name: 'shop', generation: '9007199254740993' };
  expect(toServer({ ...row, orphans: [orphan] }, 0n, undefined).orphans).toMatchObject([
    { kind: 'SITE', name: 'shop', generation: 9_007_199_254_740_993n },
  ]);
});
