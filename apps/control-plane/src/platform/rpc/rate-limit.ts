import { ErrorReason } from '@ostler/contracts';
import { AppError, type Clock } from '@ostler/kernel';

export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
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
    const bucket = this.fill(key);
    if (bucket.tokens < 1) throw throttled((1 - bucket.tokens) / this.rate.perSecond);
    bucket.tokens -= 1;
  }

  /** @throws AppError THROTTLED when nothing is left. Takes nothing. */
  check(key: string): void {
    const bucket = this.fill(key);
    if (bucket.tokens < 1) throw throttled((1 - bucket.tokens) / this.rate.perSecond);
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

function throttled(seconds: number): AppError {
  const retryAfterSeconds = Math.max(1, Math.ceil(seconds));
  const message = `Too many calls; try again in ${retryAfterSeconds} s.`;
  return new AppError(ErrorReason.THROTTLED, message, { retryAfterSeconds });
}
