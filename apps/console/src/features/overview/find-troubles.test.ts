import { create } from '@bufbuild/protobuf';
import {
  ConditionStatus,
  Kind,
  ResourceSchema,
  Rollout_State,
  RolloutSchema,
  Server_State,
  ServerSchema,
} from '@ostler/contracts';
import { expect, test } from 'vitest';
import { findTroubles } from './find-troubles';

const connected = (name: string, more: object = {}) =>
  create(ServerSchema, { uid: name, name, state: Server_State.CONNECTED, ...more });
const failed = (name: string) =>
  create(ResourceSchema, {
    meta: { uid: name, kind: Kind.SITE, name },
    status: {
      conditions: [{ type: 'Ready', status: ConditionStatus.FALSE, message: 'nginx refuses it.' }],
    },
  });
const told = (...of: Parameters<typeof findTroubles>) =>
  findTroubles(...of).map(({ name, health, others }) => `${name}: ${health.word}, ${others}`);

test('what is well is not told', () => {
  const running = create(RolloutSchema, { state: Rollout_State.RUNNING });
  expect(told([connected('web-1')], [], [running])).toEqual([]);
});

test('what waits for a decision is told: a hold, orphans, a rollout that stopped', () => {
  const held = connected('web-1', { hold: { message: 'Its counter went back.' } });
  const orphaned = connected('web-2', { orphans: [{ uid: 'o', name: 'left' }] });
  const stopped = create(RolloutSchema, { uid: 'r', version: '0.2.0', state: Rollout_State.STOPPED });
  expect(told([held, orphaned], [], [stopped])).toEqual([
    'Agents to 0.2.0: Stopped, 0',
    'web-1: Held, 0',
    'web-2: Orphans, 0',
  ]);
});

test('the same for the same reason is told once, with how many more', () => {
  expect(told([], [failed('a'), failed('b'), failed('c')], [])).toEqual(['a: Failed, 2']);
});
