import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ConditionStatus,
  Operation_State,
  OperationSchema,
  PlacementStatusSchema,
  ResourceSchema,
  type ResourceStatusSchema,
  Rollout_State,
  RolloutSchema,
  RolloutServer_State,
  RolloutServerSchema,
  Server_State,
  ServerSchema,
} from '@ostler/contracts';
import { expect, test } from 'vitest';
import {
  operationHealth,
  placementHealth,
  resourceHealth,
  rolloutHealth,
  rolloutServerHealth,
  serverHealth,
} from './health';

const { TRUE, FALSE, UNKNOWN } = ConditionStatus;
type Conditions = NonNullable<MessageInitShape<typeof ResourceStatusSchema>['conditions']>;

const health = (conditions: Conditions, placementsReady = 0) =>
  resourceHealth(create(ResourceSchema, { status: { conditions, placements: 2, placementsReady } }));

test.each<[string, Conditions, number, string, string]>([
  ['nothing reported', [], 0, 'unknown', 'Unknown'],
  ['ready', [{ type: 'Ready', status: TRUE }], 2, 'ready', 'Ready'],
  [
    'ready but degraded',
    [
      { type: 'Ready', status: TRUE },
      { type: 'Degraded', status: TRUE },
    ],
    2,
    'degraded',
    'Degraded',
  ],
  [
    'ready but drifted',
    [
      { type: 'Ready', status: TRUE },
      { type: 'Drifted', status: TRUE },
    ],
    2,
    'degraded',
    'Drifted',
  ],
  [
    'on its way',
    [
      { type: 'Ready', status: FALSE },
      { type: 'Progressing', status: TRUE },
    ],
    1,
    'progressing',
    'Progressing',
  ],
  ['failed everywhere', [{ type: 'Ready', status: FALSE }], 0, 'failed', 'Failed'],
  ['failed on some', [{ type: 'Ready', status: FALSE }], 1, 'degraded', 'Degraded'],
  ['not known', [{ type: 'Ready', status: UNKNOWN }], 1, 'unknown', 'Unknown'],
])('a resource: %s', (_, conditions, ready, state, word) => {
  expect(health(conditions, ready)).toMatchObject({ state, word });
});

test('a resource that is being removed says so, whatever its conditions', () => {
  const removing = create(ResourceSchema, { meta: { deletedAt: { seconds: 1n } } });
  expect(resourceHealth(removing)).toMatchObject({ state: 'progressing', word: 'Removing' });
});

test('what a silent server said last is not taken for the present', () => {
  const placement = create(PlacementStatusSchema, {
    stale: true,
    conditions: [{ type: 'Ready', status: TRUE }],
  });
  expect(placementHealth(placement).state).toBe('unknown');
});

test('every state of servers, operations and rollouts has a shape and a word', () => {
  const numbers = (states: object): number[] =>
    Object.values(states).filter((one) => typeof one === 'number');
  for (const state of numbers(Server_State))
    expect(serverHealth(create(ServerSchema, { state })).word).not.toBe('');
  for (const state of numbers(Operation_State)) {
    expect(operationHealth(create(OperationSchema, { state })).word).not.toBe('');
  }
  for (const state of numbers(Rollout_State)) {
    expect(rolloutHealth(create(RolloutSchema, { state })).word).not.toBe('');
  }
  for (const state of numbers(RolloutServer_State)) {
    expect(rolloutServerHealth(create(RolloutServerSchema, { state })).word).not.toBe('');
  }
});

test('a hold comes before the connection: nothing reaches the server until somebody decides', () => {
  const held = create(ServerSchema, { state: Server_State.CONNECTED, hold: { message: 'Decide.' } });
  expect(serverHealth(held)).toMatchObject({ state: 'degraded', word: 'Held', message: 'Decide.' });
});

test('what one server says is told in its words, with its name', () => {
  const degraded = { type: 'Degraded', status: TRUE };
  const resource = create(ResourceSchema, {
    status: {
      conditions: [{ type: 'Ready', status: TRUE }, degraded],
      placementStatuses: [
        { serverName: 'web-1', conditions: [{ type: 'Ready', status: TRUE }] },
        {
          serverName: 'web-2',
          conditions: [{ ...degraded, reason: 'UPSTREAM_DOWN', message: 'app does not answer.' }],
        },
      ],
    },
  });
  expect(resourceHealth(resource)).toMatchObject({
    state: 'degraded',
    reason: 'UPSTREAM_DOWN',
    message: 'On web-2: app does not answer.',
  });
});
