/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
}

/**
 * Time, for everything that waits or stamps. Loops take one as an argument, so that tests can move it.
 */
export interface Clock {
  /** Milliseconds since 1970, as the wall shows them; may jump. */
  now(): number;
  /** Milliseconds from an arbitrary point; never goes back. For measuring and timeouts. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const handle: unknown = setTimeout(run, delayMs);
    (handle as { unref?: () => void }).unref?.();
    return { cancel: () => clearTimeout(handle as Parameters<typeof clearTimeout>[0]) };
  },
};

/** Resolves after `delayMs`, or at once when the signal is aborted. Never rejects. */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(delayMs, end);
    signal?.addEventListener('abort', end, { once: true });
  });
}
