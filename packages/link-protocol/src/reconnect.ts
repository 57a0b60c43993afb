import { Backoff } from '@ostler/kernel';
import type { LaneEnd } from './lane-end';

const FIRST_MS = 500;
const MOST_MS = 30_000;

/**
 * When to dial again. Full jitter below a bound that doubles; a delay told by the control plane is kept
 * in full and spread over as much again, so that a thousand agents do not come back in one second.
 */
export class ReconnectDelay {
  private readonly backoff: Backoff;

  constructor(private readonly random: () => number = Math.random) {
    this.backoff = new Backoff({ firstMs: FIRST_MS, mostMs: MOST_MS, random });
  }

  afterMs(end: Pick<LaneEnd, 'welcomed' | 'goAway'>): number {
    if (end.welcomed) this.backoff.reset();
    const toldMs = end.goAway?.retryAfterMs ?? 0;
    const spreadMs = this.backoff.next();
    return toldMs > 0 ? Math.round(toldMs + toldMs * this.random()) : spreadMs;
  }
}
