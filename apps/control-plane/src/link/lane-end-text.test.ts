import { expect, test } from 'vitest';
import { laneEndText } from './lane-end-text';

test('a lost connection is told with what was seen of it, in one sentence', () => {
  const lost = { reason: 'LOST', message: 'the other side went away', welcomed: true } as const;
  expect(laneEndText(lost)).toBe('The connection was lost: the other side went away.');
});

test('what was told to the agent is told to people in the same words', () => {
  const message = 'The control plane restarts.';
  const goAway = { reason: 'RESTARTING', retryAfterMs: 1000 } as const;
  expect(laneEndText({ reason: 'GO_AWAY', message, welcomed: true, goAway })).toBe(message);
});

test('a cause of any length stays short', () => {
  const end = { reason: 'LOST', message: 'x'.repeat(10_000), welcomed: false } as const;
  expect(laneEndText(end).length).toBeLessThan(510);
});
