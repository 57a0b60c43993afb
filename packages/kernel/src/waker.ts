/**
 * A wake-up that carries no data: whoever wakes reads the latest. Pokes while nobody waits are kept as
 * one; many pokes before the waiter runs are one. For a single waiter.
 */
export class Waker {
  private poked = false;
  private resolve: (() => void) | undefined;

  poke(): void {
    this.poked = true;
    this.resolve?.();
  }

  /** Resolves at the next poke (or at once when there was one), or when the signal is aborted. */
  async wait(signal?: AbortSignal): Promise<void> {
    if (!this.poked && !signal?.aborted) {
      const wake = Promise.withResolvers<void>();
      this.resolve = () => wake.resolve();
      signal?.addEventListener('abort', this.resolve);
      await wake.promise;
      signal?.removeEventListener('abort', this.resolve);
      this.resolve = undefined;
    }
    this.poked = false;
  }
}
