import { AppError } from '@ostler/kernel';
import { FakeClock } from '@ostler/test-kit';
import { expect, it } from 'vitest';

import { RateLimit } from './rate-limit';

function retryAfter(call: () => void): number {
  try {
    call();
    return 0;
  } catch (error) {
    return (error as AppError).retryAfterSeconds;
  }
}

it('lets a burst through, then as many as the rate, and says how long to wait', async () => {
  const clock = new FakeClock();
  const limit = new RateLimit({ perSecond: 0.5, burst: 3 }, clock);
  for (let time = 0; time < 3; time++) limit.take('a');
  expect(retryAfter(() => limit.take('a'))).toBe(2);
  expect(retryAfter(() => limit.check('a'))).toBe(2);
  expect(retryAfter(() => limit.take('b'))).toBe(0);
  await clock.advance(2_000);
  expect(retryAfter(() => limit.check('a'))).toBe(0);
  limit.take('a');
  expect(retryAfter(() => limit.take('a'))).toBe(2);
});

it('does not fill beyond the burst', async () => {
  const clock = new FakeClock();
  const limit = new RateLimit({ perSecond: 100, burst: 2 }, clock);
  await clock.advance(60_000);
  limit.take('a');
  limit.take('a');
  expect(retryAfter(() => limit.take('a'))).toBe(1);
});
