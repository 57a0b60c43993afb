import { expect, test } from 'vitest';
import { restartDelays } from './restart-delays';

const delaysOf = (agents: number) => {
  const delays = restartDelays(agents);
  return Array.from({ length: agents }, () => delays.next().value);
};

test('a few agents are back as soon as the control plane is', () => {
  expect(Math.max(...delaysOf(10))).toBeLessThanOrEqual(2_100);
  expect(Math.min(...delaysOf(10))).toBeGreaterThanOrEqual(2_000);
});

test('a thousand come evenly, and not all of them in one second', () => {
  const seconds = Map.groupBy(delaysOf(1000), (delayMs) => Math.floor(delayMs / 1000));
  expect(Math.max(...[...seconds.values()].map((one) => one.length))).toBeLessThan(200);
  expect(Math.max(...seconds.keys())).toBeLessThanOrEqual(12);
});
