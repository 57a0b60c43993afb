import { type Clock, systemClock } from '@ostler/kernel';

/** A mutual handshake and a hello cost about 4 ms of a core: more than these a second starve everything else. */
const PER_SECOND = 200;
const BURST = 400;

/** Admits hellos at a rate; the others are told when to come back, and spread over that time. */
export class HelloGate {
  private tokens = BURST;
  private filledMs: number;
  /** Those that were told to come back: the later ones are told a later time. */
  private waiting = 0;

  constructor(private readonly clock: Clock = systemClock) {
    this.filledMs = clock.monotonic();
  }

  /** 0: come in; else the milliseconds after which to come back. */
  admit(): number {
    const nowMs = this.clock.monotonic();
    const gained = ((nowMs - this.filledMs) / 1000) * PER_SECOND;
    this.tokens = Math.min(BURST, this.tokens + gained);
    this.waiting = Math.max(0, this.waiting - gained);
    this.filledMs = nowMs;
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 0;
    }
    this.waiting += 1;
    return Math.ceil(1000 + (this.waiting / PER_SECOND) * 1000);
  }
}
