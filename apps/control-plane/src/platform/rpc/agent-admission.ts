import { ErrorReason } from '@ostler/contracts';
import { Admission, AppError, type Clock } from '@ostler/kernel';

/**
 * Joining and recovery cost some 10 ms of a core each. A whole fleet may come from one address, and a
 * token of 256 bits is not guessed: the rate protects the processor, not the token.
 */
const rate = { perSecond: 50, burst: 100 };
const mostAddresses = 10_000;

/** Calls of agents that have no certificate (yet), by address: a crowd is spread over the time that it takes. */
export class AgentAdmission {
  private readonly gates = new Map<string, Admission>();

  constructor(private readonly clock: Clock) {}

  /** @throws AppError THROTTLED with the seconds to wait: the later in the crowd, the more. */
  take(address: string): void {
    const gate = this.gates.get(address) ?? new Admission(rate, this.clock);
    this.gates.set(address, gate);
    if (this.gates.size > mostAddresses) this.forgetIdle();
    const waitMs = gate.admit();
    if (waitMs === 0) return;
    const retryAfterSeconds = Math.ceil(waitMs / 1000);
    const message = `Many servers are joining; try again in ${retryAfterSeconds} s.`;
    throw new AppError(ErrorReason.THROTTLED, message, { retryAfterSeconds });
  }

  private forgetIdle(): void {
    for (const [address, gate] of this.gates) if (gate.isIdle) this.gates.delete(address);
    if (this.gates.size > mostAddresses) this.gates.clear();
  }
}
