import { expect, test } from 'vitest';
import { untilNextLookMs } from './watch';

test('new workers are looked for soon, and a slow server is left in peace', () => {
  expect(untilNextLookMs(0, 1)).toBe(15);
  expect(untilNextLookMs(1_000, 1)).toBe(65);
  expect(untilNextLookMs(0, 12)).toBe(120);
  expect(untilNextLookMs(2_000, 30)).toBe(300);
  expect(untilNextLookMs(10_000, 100)).toBe(500);
});
