import { Admission, type Clock, systemClock } from '@ostler/kernel';

/** A mutual handshake and a hello cost about 4 ms of a core: more than these a second starve everything else. */
const rate = { perSecond: 200, burst: 400 };

/** How many since the start. */
export interface Admissions {
  readonly letIn: number;
  readonly turnedAway: number;
}

/** Admits hellos at a rate; the others are told when to come back, and spread over that time. */
export class HelloGate extends Admission implements Admissions {
  letIn = 0;
  turnedAway = 0;

  constructor(clock: Clock = systemClock) {
    super(rate, clock);
  }

  override admit(): number {
    const retryAfterMs = super.admit();
    if (retryAfterMs === 0) this.letIn += 1;
    else this.turnedAway += 1;
    return retryAfterMs;
  }
}
