import { FakeClock } from '@ostler/test-kit';
import { expect, test } from 'vitest';
import { HelloGate } from './hello-gate';

test('a storm of a thousand agents is let in at 200 a second, and the later ones are told later times', async () => {
  const clock = new FakeClock();
  const gate = new HelloGate(clock);
  const delays = Array.from({ length: 1000 }, () => gate.admit());
  expect(delays.filter((delayMs) => delayMs === 0)).toHaveLength(400);
  expect(delays.slice(400)).toEqual(delays.slice(400).toSorted((a, b) => a - b));
  expect(delays.at(-1)).toBe(4000);
  await clock.advance(1000);
  const next = Array.from({ length: 300 }, () => gate.admit());
  expect(next.filter((delayMs) => delayMs === 0)).toHaveLength(200);
});
