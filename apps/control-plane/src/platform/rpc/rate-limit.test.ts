import { AppError } from '@ostler/kernel';
import { FakeClock } from '@ostler/test-kit';
import { expect, it } from 'vitest';

import { rateLimitHeaders, RateLimit, requirePassing } from './rate-limit';

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
  const limit = new RateLimit({ name: 'calls', perSecond: 0.5, burst: 3 }, clock);
  for (let time = 0; time < 3; time++) limit.take('a');
  expect(retryAfter(() => limit.take('a'))).toBe(2);
  expect(retryAfter(() => requirePassing(limit.check('a')))).toBe(2);
  expect(retryAfter(() => limit.take('b'))).toBe(0);
  await clock.advance(2_000);
  expect(retryAfter(() => requirePassing(limit.check('a')))).toBe(0);
  limit.take('a');
  expect(retryAfter(() => limit.take('a'))).toBe(2);
});

it('does not fill beyond the burst', async () => {
  const clock = new FakeClock();
  const limit = new RateLimit({ name: 'calls', perSecond: 100, burst: 2 }, clock);
  await clock.advance(60_000);
  limit.take('a');
  limit.take('a');
  expect(retryAfter(() => limit.take('a'))).toBe(1);
});

it('tells a caller what is left, before and after it is used up', async () => {
  const clock = new FakeClock();
  const limit = new RateLimit({ name: 'calls', perSecond: 2, burst: 5 }, clock);
  const policy = ['ratelimit-policy', '"calls";q=5;w=3'];
  expect(rateLimitHeaders(limit.spend('a'))).toEqual([policy, ['ratelimit', '"calls";r=4;t=1']]);
  for (let time = 0; time < 6; time++) limit.spend('a');
  expect(rateLimitHeaders(limit.check('a'))).toEqual([policy, ['ratelimit', '"calls";r=0;t=3']]);
  await clock.advance(10_000);
  expect(rateLimitHeaders(limit.check('a'))).toEqual([policy, ['ratelimit', '"calls";r=5;t=0']]);
});
