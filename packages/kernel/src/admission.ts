import type { Clock } from './clock';

export interface AdmissionRate {
  readonly perSecond: number;
  /** As many at once, after a quiet time. */
  readonly burst: number;
}

/**
 * Lets a crowd in at a rate. The others are told when to come back, the later ones a later time, so that a
 * thousand that were turned away do not all knock again in the same second.
 */
export class Admission {
  private tokens: number;
  private filledMs: number;
  /** Those that were told to come back and have not had the time to. */
  private waiting = 0;

  constructor(
    private readonly rate: AdmissionRate,
    private readonly clock: Clock,
  ) {
    this.tokens = rate.burst;
    this.filledMs = clock.monotonic();
  }

  /** 0: come in; else the milliseconds after which to come back. */
  admit(): number {
    this.fill();
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 0;
    }
    this.waiting += 1;
    return Math.ceil(1000 + (this.waiting / this.rate.perSecond) * 1000);
  }

  /** Nobody came for so long that it is as new: it may be forgotten. */
  get isIdle(): boolean {
    this.fill();
    return this.tokens >= this.rate.burst && this.waiting === 0;
  }

  private fill(): void {
    const nowMs = this.clock.monotonic();
    const gained = ((nowMs - this.filledMs) / 1000) * this.rate.perSecond;
    this.tokens = Math.min(this.rate.burst, this.tokens + gained);
    this.waiting = Math.max(0, this.waiting - gained);
    this.filledMs = nowMs;
  }
}
