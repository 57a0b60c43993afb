import {
  Operation_State as OperationState,
  Rollout_State as RolloutState,
  RolloutServer_State as ServerState,
} from '@ostler/contracts';
import { describe, expect, test } from 'vitest';

import { advance, decide, MOST_WAIT_MS, type ServerFacts } from './rollout-decisions';
import { stageOf, stagesOf } from './rollout-stages';

const target = { version: '2', sequence: 20n };
const waiting: ServerFacts = {
  state: ServerState.WAITING,
  stage: 0,
  name: 'web-1',
  isConnected: true,
  version: '1',
  sequence: 10n,
  cannot: undefined,
  isThere: true,
  sinceMs: 0,
  operation: undefined,
};
const ended = (state: OperationState, reason = '', message = ''): ServerFacts => ({
  ...waiting,
  state: ServerState.UPDATING,
  operation: { state, reason, message, endedMs: 1000 },
});
const at = (server: ServerFacts, nowMs = 2000) => decide(server, target, nowMs, true);

describe('a server whose turn has come', () => {
  test('is begun when it is connected, and waited for when it is not', () => {
    expect(at(waiting)).toEqual({ do: 'start' });
    expect(at({ ...waiting, isConnected: false })).toMatchObject({ do: 'wait' });
    expect(decide(waiting, target, 0, false)).toEqual({ do: 'nothing' });
  });

  test.each<[string, Partial<ServerFacts>, RegExp]>([
    ['runs it', { version: '2', sequence: undefined }, /already/],
    ['runs a newer one', { version: '3', sequence: 30n }, /newer/],
    ['may not', { cannot: 'The policy forbids it.' }, /policy/],
    ['is gone', { isThere: false }, /removed/],
  ])('is skipped when it %s', (_why, change, message) => {
    const decision = at({ ...waiting, ...change });
    expect(decision).toMatchObject({ do: 'end', state: ServerState.SKIPPED });
    expect(decision).toHaveProperty('message', expect.stringMatching(message));
  });

  test('is not waited for without end', () => {
    const away = { ...waiting, isConnected: false };
    expect(at(away, MOST_WAIT_MS)).toMatchObject({ do: 'wait' });
    expect(at(away, MOST_WAIT_MS + 1)).toMatchObject({ do: 'end', state: ServerState.SKIPPED });
  });
});

describe('a server that is being updated', () => {
  test('is updated only when it is back with the new version', () => {
    const done = ended(OperationState.SUCCEEDED);
    expect(at(done)).toEqual({ do: 'nothing' });
    expect(at({ ...done, version: '2', isConnected: false })).toEqual({ do: 'nothing' });
    expect(at({ ...done, version: '2' })).toMatchObject({ do: 'end', state: ServerState.UPDATED });
    expect(at(done, 400_000)).toMatchObject({ do: 'end', state: ServerState.FAILED });
  });

  test('has failed when its operation did, and is skipped when it only said no', () => {
    const rolledBack = at(ended(OperationState.FAILED, 'ROLLED_BACK', 'the old one is back'));
    expect(rolledBack).toMatchObject({
      state: ServerState.FAILED,
      message: 'ROLLED_BACK: the old one is back',
    });
    expect(at(ended(OperationState.INTERRUPTED, 'INTERRUPTED'))).toMatchObject({ state: ServerState.FAILED });
    expect(at(ended(OperationState.FAILED, 'POLICY_REFUSED'))).toMatchObject({ state: ServerState.SKIPPED });
    // It went away before it took the operation: nothing was done.
    expect(at(ended(OperationState.EXPIRED, 'NOT_TAKEN'))).toMatchObject({ state: ServerState.SKIPPED });
  });
});

describe('a rollout', () => {
  const running = { state: RolloutState.RUNNING, stage: 0, stages: 2 };
  const of = (stage: number, state: ServerState) => ({ stage, state });

  test('goes to the next stage when every server of this one has an end', () => {
    const next = of(1, ServerState.WAITING);
    expect(advance(running, [of(0, ServerState.UPDATING), next])).toBeUndefined();
    expect(advance(running, [of(0, ServerState.WAITING), next])).toBeUndefined();
    const expected = { state: RolloutState.RUNNING, stage: 1, ended: false };
    expect(advance(running, [of(0, ServerState.UPDATED), next])).toEqual(expected);
    expect(advance(running, [of(0, ServerState.SKIPPED), next])).toEqual(expected);
  });

  test('ends with its last stage, and when cancelled with what is under way', () => {
    const last = { ...running, stage: 1 };
    expect(advance(last, [of(1, ServerState.UPDATED)])).toMatchObject({
      state: RolloutState.SUCCEEDED,
      ended: true,
    });
    const cancelled = { ...running, state: RolloutState.CANCELLED };
    expect(advance(cancelled, [of(0, ServerState.UPDATING)])).toBeUndefined();
    expect(advance(cancelled, [of(0, ServerState.UPDATED)])).toMatchObject({ ended: true });
  });

  test('stays where it is while it is paused or stopped', () => {
    for (const state of [RolloutState.PAUSED, RolloutState.STOPPED])
      expect(advance({ ...running, state }, [of(0, ServerState.UPDATED)])).toBeUndefined();
  });
});

describe('stages', () => {
  const sizes = (total: number, stages: number[]) => {
    const counts = stages.map(() => 0);
    for (let index = 0; index < total; index++) counts[stageOf(index, total, stages)]! += 1;
    return counts;
  };

  test('are 1 %, 10 % and all, rounded up', () => {
    expect(sizes(1000, stagesOf([]))).toEqual([10, 90, 900]);
    expect(sizes(15, stagesOf([]))).toEqual([1, 1, 13]);
    expect(sizes(1, stagesOf([]))).toEqual([1, 0, 0]);
  });

  test.each([[[10, 5, 100]], [[10, 10, 100]], [[50]]])('%j are refused', (stages) => {
    expect(() => stagesOf(stages)).toThrow('stages');
  });
});
