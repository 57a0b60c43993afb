import { Backoff } from '@ostler/kernel';
import type { LaneEnd } from './lane-end';

const FIRST_MS = 500;
/** In the first minute: a control plane that is started again is found within seconds. */
const SOON_MS = 8_000;
const FIRST_MINUTE_MS = 60_000;
const MOST_MS = 30_000;

/**
 * When to dial again. Full jitter below a bound that doubles; a delay told by the control plane is kept
 * in full and spread over as much again, so that a thousand agents do not come back in one second.
 */
export class ReconnectDelay {
  private readonly soon: Backoff;
  private readonly later: Backoff;
  private waitedMs = 0;

  constructor(private readonly random: () => number = Math.random) {
    this.soon = new Backoff({ firstMs: FIRST_MS, mostMs: SOON_MS, random });
    this.later = new Backoff({ firstMs: MOST_MS, mostMs: MOST_MS, random });
  }

  afterMs(end: Pick<LaneEnd, 'welcomed' | 'goAway'>): number {
    if (end.welcomed) {
      this.soon.reset();
      this.waitedMs = 0;
    }
    const toldMs = end.goAway?.retryAfterMs ?? 0;
    const spreadMs = (this.waitedMs < FIRST_MINUTE_MS ? this.soon : this.later).next();
    const afterMs = toldMs > 0 ? Math.round(toldMs + toldMs * this.random()) : spreadMs;
    this.waitedMs += afterMs;
    return afterMs;
  }
}
