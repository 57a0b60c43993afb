import { ErrorReason } from '@ostler/contracts';
import { AppError, Waker } from '@ostler/kernel';

import type { LiveEvent } from './live-source';

const mostPending = 50_000;

/** What one watcher has not been sent yet: at most one event per thing, however slowly it reads. */
export class Watcher {
  private readonly pending = new Map<string, LiveEvent>();
  private readonly waker = new Waker();
  private failure: AppError | undefined;

  push(topic: number, events: readonly LiveEvent[]): void {
    for (const event of events) {
      const key = `${topic} ${event.key}`;
      // Behind what waits already: an event tells the state now.
      this.pending.delete(key);
      this.pending.set(key, event);
    }
    if (this.pending.size > mostPending)
      this.fail('You read too slowly to follow what changes; connect again.');
    if (events.length > 0) this.waker.poke();
  }

  /** What is to be sent now. @throws AppError UNAVAILABLE when the watcher fell too far behind. */
  *take(): Generator<LiveEvent> {
    for (const [key, event] of this.pending) {
      if (this.failure) throw this.failure;
      this.pending.delete(key);
      yield event;
    }
    if (this.failure) throw this.failure;
  }

  /** Resolves when there may be something to take, or the signal is aborted. */
  wait(signal: AbortSignal): Promise<void> {
    return this.waker.wait(signal);
  }

  private fail(message: string): void {
    this.pending.clear();
    this.failure = new AppError(ErrorReason.UNAVAILABLE, message, { retryAfterSeconds: 1 });
  }
}
