import { ErrorReason, type LiveWatchRequest_Topic as Topic, type LiveWatchResponse } from '@ostler/contracts';
import { AppError, Waker } from '@ostler/kernel';

import type { Cursor } from './live-source';

const mostPending = 50_000;
/** Who reads the present state goes on reading below this. */
const room = 1_000;
const tooSlow = 'You read too slowly to follow what changes; connect again.';

/** One change for watchers. The message is shared by all of them: nobody may change it. */
export interface WatchedEvent {
  readonly key: string;
  readonly message: LiveWatchResponse;
}

/** What one watcher has not been sent yet: at most one event per thing, however slowly it reads. */
export class Watcher {
  private readonly pending = new Map<string, LiveWatchResponse>();
  private readonly cursors = new Map<Topic, Cursor>();
  private readonly waker = new Waker();
  private readonly drained = new Waker();
  private readonly leaving = new AbortController();
  private failure: AppError | undefined;

  /** @param cursor where the source stands behind these events */
  push(topic: Topic, events: readonly WatchedEvent[], cursor: Cursor): void {
    for (const { key, message } of events) {
      const thing = `${topic} ${key}`;
      // Behind what waits already: an event tells the state now.
      this.pending.delete(thing);
      this.pending.set(thing, message);
    }
    this.cursors.set(topic, cursor);
    if (this.pending.size > mostPending) this.fail(tooSlow);
    if (events.length > 0) this.waker.poke();
  }

  /** What is to be sent now. @throws AppError UNAVAILABLE when the watcher fell too far behind. */
  *take(): Generator<LiveWatchResponse> {
    for (const [key, message] of this.pending) {
      if (this.failure) throw this.failure;
      this.pending.delete(key);
      if (this.pending.size < room) this.drained.poke();
      yield message;
    }
    if (this.failure) throw this.failure;
  }

  /** Where each topic stands; only true of what was sent when nothing is pending. */
  get positions(): ReadonlyMap<Topic, Cursor> | undefined {
    return this.pending.size === 0 ? this.cursors : undefined;
  }

  /** Resolves when there may be something to take, or the signal is aborted. */
  wait(signal: AbortSignal): Promise<void> {
    return this.waker.wait(signal);
  }

  /** For who waits beside the events: something else is to be looked at. */
  poke(): void {
    this.waker.poke();
  }

  /** Resolves when more of the present state may be read for this watcher, when it has left, or on the signal. */
  async hasRoom(signal: AbortSignal): Promise<void> {
    const enough = AbortSignal.any([signal, this.leaving.signal]);
    while (this.pending.size >= room && !enough.aborted) await this.drained.wait(enough);
  }

  /** Ends it when it has no room, because others wait for it. */
  giveUp(): void {
    if (this.pending.size >= room) this.fail(tooSlow);
  }

  get hasLeft(): boolean {
    return this.leaving.signal.aborted;
  }

  leave(): void {
    this.pending.clear();
    this.leaving.abort();
  }

  private fail(message: string): void {
    this.pending.clear();
    this.failure = new AppError(ErrorReason.UNAVAILABLE, message, { retryAfterSeconds: 1 });
    this.drained.poke();
    this.waker.poke();
  }
}
