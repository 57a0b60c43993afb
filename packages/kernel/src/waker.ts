/**
 * A wake-up that carries no data: whoever wakes reads the latest. Pokes while nobody waits are kept as
 * one; many pokes before the waiter runs are one.
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
      await new Promise<void>((resolve) => {
        this.resolve = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
      this.resolve = undefined;
    }
    this.poked = false;
  }
}
