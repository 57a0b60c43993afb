import { expect, test } from 'vitest';
import { ReconnectDelay } from './reconnect';

const lost = { welcomed: false };

test('the bound doubles to 8 s in the first minute, and is 30 s afterwards', () => {
  const delay = new ReconnectDelay(() => 1);
  const delays = Array.from({ length: 14 }, () => delay.afterMs(lost));
  expect(delays).toEqual([
    500,
    1000,
    2000,
    4000,
    ...Array.from({ length: 7 }, () => 8000),
    30_000,
    30_000,
    30_000,
  ]);
  expect(delay.afterMs({ welcomed: true })).toBe(500);
});

test('any delay below the bound is as likely, so that a fleet is spread', () => {
  expect(new ReconnectDelay(() => 0.25).afterMs(lost)).toBe(125);
});

test('a delay that was told is kept in full and spread over as much again', () => {
  const told = { welcomed: true, goAway: { reason: 'RESTARTING' as const, retryAfterMs: 2000 } };
  expect(new ReconnectDelay(() => 0).afterMs(told)).toBe(2000);
  expect(new ReconnectDelay(() => 1).afterMs(told)).toBe(4000);
});
