import { ErrorReason } from '@ostler/contracts';
import { AppError, type Clock } from '@ostler/kernel';

export interface Rate {
  /** What is counted, as callers see it: lower case, no spaces. */
  readonly name: string;
  readonly perSecond: number;
  readonly burst: number;
}

/** What a caller may still do at this rate. */
export interface Allowance {
  readonly rate: Rate;
  /** Whole calls that would pass at once. */
  readonly remaining: number;
  /** Until all of the burst is there again. */
  readonly fullInSeconds: number;
  /** 0 when one passes now. */
  readonly waitSeconds: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

const mostBuckets = 50_000;

/** A token bucket per key. Full buckets are forgotten, so memory follows those who are busy. */
export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();

  constructor(
    private readonly rate: Rate,
    private readonly clock: Clock,
  ) {}

  /** Takes one. @throws AppError THROTTLED with the seconds to wait. */
  take(key: string): void {
    requirePassing(this.spend(key));
  }

  /** Takes one, where there is one; the answer says whether there was, and what is left. */
  spend(key: string): Allowance {
    const bucket = this.fill(key);
    const waitSeconds = this.secondsUntil(1, bucket);
    if (waitSeconds === 0) bucket.tokens -= 1;
    return this.allowance(bucket, waitSeconds);
  }

  /** Takes nothing. */
  check(key: string): Allowance {
    const bucket = this.fill(key);
    return this.allowance(bucket, this.secondsUntil(1, bucket));
  }

  private allowance(bucket: Bucket, waitSeconds: number): Allowance {
    const { rate } = this;
    const fullInSeconds = this.secondsUntil(rate.burst, bucket);
    return { rate, remaining: Math.floor(bucket.tokens), fullInSeconds, waitSeconds };
  }

  private secondsUntil(tokens: number, bucket: Bucket): number {
    return bucket.tokens >= tokens ? 0 : Math.ceil((tokens - bucket.tokens) / this.rate.perSecond);
  }

  private fill(key: string): Bucket {
    const now = this.clock.monotonic();
    const bucket = this.buckets.get(key) ?? { tokens: this.rate.burst, at: now };
    bucket.tokens = this.level(bucket, now);
    bucket.at = now;
    this.buckets.set(key, bucket);
    if (this.buckets.size > mostBuckets) this.forgetFull(now);
    return bucket;
  }

  private level(bucket: Bucket, now: number): number {
    return Math.min(this.rate.burst, bucket.tokens + ((now - bucket.at) / 1000) * this.rate.perSecond);
  }

  private forgetFull(now: number): void {
    for (const [key, bucket] of this.buckets) {
      if (this.level(bucket, now) >= this.rate.burst) this.buckets.delete(key);
    }
    // All of them busy: an attack. Begin anew and let each prove itself again.
    if (this.buckets.size > mostBuckets) this.buckets.clear();
  }
}

/** @throws AppError THROTTLED with the seconds to wait, when there was none. */
export function requirePassing({ waitSeconds, rate }: Allowance): void {
  if (waitSeconds === 0) return;
  const message =
    `Too many calls: ${rate.perSecond} a second are allowed, and ${rate.burst} at once. ` +
    `Try again in ${waitSeconds} s.`;
  throw new AppError(ErrorReason.THROTTLED, message, { retryAfterSeconds: waitSeconds });
}

/**
 * What callers are told with every answer, so that a script slows down before it is refused: the headers
 * RateLimit-Policy (q calls in w seconds) and RateLimit (r are left, all are back in t seconds) of the draft
 * "RateLimit header fields for HTTP" of the IETF's HTTPAPI group.
 */
export function rateLimitHeaders({ rate, remaining, fullInSeconds }: Allowance): [string, string][] {
  const windowSeconds = Math.ceil(rate.burst / rate.perSecond);
  return [
    ['ratelimit-policy', `"${rate.name}";q=${rate.burst};w=${windowSeconds}`],
    ['ratelimit', `"${rate.name}";r=${remaining};t=${fullInSeconds}`],
  ];
}
