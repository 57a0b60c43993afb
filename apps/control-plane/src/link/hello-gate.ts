import { Admission, type Clock, systemClock } from '@ostler/kernel';

/** A mutual handshake and a hello cost about 4 ms of a core: more than these a second starve everything else. */
const rate = { perSecond: 200, burst: 400 };

/** Admits hellos at a rate; the others are told when to come back, and spread over that time. */
export class HelloGate extends Admission {
  constructor(clock: Clock = systemClock) {
    super(rate, clock);
  }
}
