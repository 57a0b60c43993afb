import { Limit_Unit as Unit } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { limitText } from './limits';

test.each([
  [5_000n, Unit.COUNT, '5,000'],
  [1_048_576n, Unit.BYTES, '1 MiB'],
  [90n, Unit.SECONDS, '90 s'],
  [604_800n, Unit.SECONDS, '7 d'],
  [1n, Unit.DAYS, '1 day'],
  [200n, Unit.PER_SECOND, '200 a second'],
])('%s of unit %s is told as %s', (value, unit, text) => {
  expect(limitText({ value, unit })).toBe(text);
});
