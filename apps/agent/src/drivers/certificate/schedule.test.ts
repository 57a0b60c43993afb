import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  afterFailure,
  afterIssue,
  MOST_FAILURES_PER_HOUR,
  MOST_ISSUES_PER_WEEK,
  nextOrderAt,
  noAttempts,
  renewalAt,
} from './schedule';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('a 90 day certificate is renewed after 57 to 60 days, each uid at a moment of its own', () => {
  const chain = { notBeforeMs: 0, notAfterMs: 90 * DAY };
  const low = renewalAt(chain, 0, '019a0000-0000-7000-8000-00000000ffff');
  const high = renewalAt(chain, 0, '019a0000-0000-7000-8000-0000ffffffff');
  expect(high / DAY).toBeCloseTo(57, 1);
  expect(low / DAY).toBeCloseTo(60, 1);
});

test('renewal lies inside the lifetime, whatever was wished', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 825 * 24 }),
      fc.integer({ min: 0, max: 2160 }),
      fc.uuid(),
      (hours, wish, uid) => {
        const chain = { notBeforeMs: 0, notAfterMs: hours * HOUR };
        const at = renewalAt(chain, wish, uid);
        expect(at).toBeGreaterThan(0);
        expect(at).toBeLessThan(chain.notAfterMs);
      },
    ),
  );
});

test('failures back off, and no window of an hour ever holds more orders than the budget', () => {
  let attempts = noAttempts;
  let now = 1_000_000;
  const orders: number[] = [];
  for (let turn = 0; turn < 40; turn++) {
    now = Math.max(now, nextOrderAt(attempts, now));
    orders.push(now);
    attempts = afterFailure(attempts, now, 'ACME_CHALLENGE', 'no');
  }
  for (const order of orders) {
    const inHour = orders.filter((other) => other >= order && other < order + HOUR);
    expect(inHour.length).toBeLessThanOrEqual(MOST_FAILURES_PER_HOUR);
  }
  expect(orders.at(-1)! - orders.at(-2)!).toBe(HOUR);
});

test('a success forgets the back-off but not the week', () => {
  let attempts = afterFailure(noAttempts, 0, 'ACME_ORDER', 'no');
  for (let turn = 0; turn < MOST_ISSUES_PER_WEEK; turn++) {
    expect(nextOrderAt(attempts, turn + 100_000)).toBe(turn + 100_000);
    attempts = afterIssue(attempts, turn + 100_000);
  }
  expect(nextOrderAt(attempts, 200_000)).toBe(100_000 + 7 * DAY);
});
