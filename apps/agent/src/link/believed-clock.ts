import type { Clock } from '@ostler/kernel';

/**
 * The control plane's clock, as it was told last: what is judged by it (when a certificate ends) must not depend on
 * this server's own, which may be wrong by days and may jump. Until it was told, this server's own.
 */
export class BelievedClock {
  private told: { readonly theirMs: number; readonly atMs: number } | undefined;

  constructor(private readonly clock: Clock) {}

  tell(theirMs: number): void {
    this.told = { theirMs, atMs: this.clock.monotonic() };
  }

  now(): number {
    if (!this.told) return this.clock.now();
    return this.told.theirMs + (this.clock.monotonic() - this.told.atMs);
  }

  /** This server's clock minus the control plane's; undefined until it was told. */
  get skewMs(): number | undefined {
    return this.told && this.clock.now() - this.now();
  }
}
