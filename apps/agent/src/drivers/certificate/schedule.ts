import type { Chain } from './chain';

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** Failed orders per hour that we allow ourselves: below the five of Let's Encrypt (its rate limits page). */
export const MOST_FAILURES_PER_HOUR = 4;
/** Certificates for the same names per week: below the five of Let's Encrypt. */
export const MOST_ISSUES_PER_WEEK = 4;

/** What was tried before, kept on disk so that a restart does not forget a budget. */
export interface Attempts {
  /** When orders failed, oldest first, at most a week back. */
  readonly failedAtMs: readonly number[];
  readonly issuedAtMs: readonly number[];
  /** When an order began whose end is not known; 0 for none. */
  readonly orderedAtMs: number;
  /** Fingerprint of the certificate that was in use then; empty for none. */
  readonly orderedOver: string;
  /** Failures since the last success. */
  readonly failuresInARow: number;
  readonly lastReason: string;
  readonly lastMessage: string;
}

export const noAttempts: Attempts = {
  failedAtMs: [],
  issuedAtMs: [],
  orderedAtMs: 0,
  orderedOver: '',
  failuresInARow: 0,
  lastReason: '',
  lastMessage: '',
};

/**
 * When to renew: a third of the lifetime before the end, or as many hours as the spec says, and up to a
 * tenth of that earlier, so that a fleet does not renew in one minute. The same uid has the same jitter.
 */
export function renewalAt(
  chain: Pick<Chain, 'notBeforeMs' | 'notAfterMs'>,
  renewBeforeHours: number,
  uid: string,
): number {
  const lifetime = chain.notAfterMs - chain.notBeforeMs;
  const wished = renewBeforeHours > 0 ? renewBeforeHours * HOUR_MS : lifetime / 3;
  // A wish as long as the lifetime would renew for ever.
  const before = Math.min(wished, lifetime * 0.9);
  return Math.round(chain.notAfterMs - before * (1 + 0.1 * fractionOf(uid)));
}

/** A number from 0 to 1 that stays with the uid: its last 32 bits are random. */
export function fractionOf(uid: string): number {
  const tail = Number.parseInt(uid.slice(-8), 16);
  return Number.isNaN(tail) ? 0 : tail / 0xffff_ffff;
}

/** The earliest time of the next order: back-off after failures, and never beyond the budgets. */
export function nextOrderAt(attempts: Attempts, nowMs: number): number {
  const last = attempts.failedAtMs.at(-1);
  const backoffMs = Math.min(HOUR_MS, 15_000 * 2 ** Math.max(0, attempts.failuresInARow - 1));
  const afterFailure = last === undefined || attempts.failuresInARow === 0 ? nowMs : last + backoffMs;
  return Math.max(
    afterFailure,
    budget(attempts.failedAtMs, MOST_FAILURES_PER_HOUR, HOUR_MS, nowMs),
    budget(attempts.issuedAtMs, MOST_ISSUES_PER_WEEK, WEEK_MS, nowMs),
  );
}

/** When one more fits into a sliding window. */
function budget(timesMs: readonly number[], most: number, windowMs: number, nowMs: number): number {
  const recent = timesMs.filter((time) => time > nowMs - windowMs && time <= nowMs);
  return recent.length < most ? nowMs : recent.at(-most)! + windowMs;
}

/** Written before the authority is asked, so that a crash cannot lose an order that was counted there. */
export function withOrder(attempts: Attempts, nowMs: number, fingerprint: string): Attempts {
  return { ...attempts, orderedAtMs: nowMs, orderedOver: fingerprint };
}

/**
 * What the next start makes of an order whose end is not known: it was spent. Another certificate in use
 * than before tells that it succeeded. Else it does not add to the back-off, because the authority said
 * nothing: the next order may follow at once, within the budget.
 */
export function afterInterruption(attempts: Attempts, fingerprint: string): Attempts {
  const { orderedAtMs, orderedOver } = attempts;
  if (orderedAtMs === 0) return attempts;
  if (fingerprint !== orderedOver) return afterIssue(attempts, orderedAtMs);
  const failedAtMs = [...attempts.failedAtMs, orderedAtMs].sort((a, b) => a - b).slice(-50);
  const lastMessage = 'The agent ended while it waited for the authority.';
  return { ...attempts, failedAtMs, orderedAtMs: 0, lastReason: 'ACME_INTERRUPTED', lastMessage };
}

export function afterFailure(attempts: Attempts, nowMs: number, reason: string, message: string): Attempts {
  return {
    ...attempts,
    failedAtMs: [...attempts.failedAtMs, nowMs].filter((time) => time > nowMs - WEEK_MS).slice(-50),
    orderedAtMs: 0,
    failuresInARow: attempts.failuresInARow + 1,
    lastReason: reason,
    lastMessage: message,
  };
}

export function afterIssue(attempts: Attempts, nowMs: number): Attempts {
  const issuedAtMs = [...attempts.issuedAtMs, nowMs].filter((time) => time > nowMs - WEEK_MS).slice(-50);
  return { ...noAttempts, failedAtMs: attempts.failedAtMs, issuedAtMs };
}
