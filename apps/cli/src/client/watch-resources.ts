import type { Kind, WatchResponse } from '@ostler/contracts';
import { ErrorReason, WatchResponse_Type as Type } from '@ostler/contracts';
import { Backoff, type Clock, pause, systemClock } from '@ostler/kernel';
import { explainError, type Ostler } from '@ostler/sdk';

export interface Watched {
  readonly kind: Kind;
  /** Empty watches all of the kind. */
  readonly name: string;
}

export interface WatchOptions {
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Told once each time that the control plane is away, before it is asked again. */
  readonly onInterrupted?: (message: string) => void;
}

/**
 * The list as it is, then every change, until the signal is aborted. A control plane that goes away is asked again
 * for what came after the last version that was seen.
 */
export async function* watchResources(
  ostler: Ostler,
  watched: Watched,
  { signal, clock = systemClock, onInterrupted }: WatchOptions = {},
): AsyncGenerator<WatchResponse, void, undefined> {
  const backoff = new Backoff({ firstMs: 250, mostMs: 10_000 });
  let sinceVersion = 0n;
  while (!signal?.aborted) {
    let message = 'The control plane ended the watch.';
    try {
      for await (const event of ostler.resources.watch({ ...watched, sinceVersion }, { signal })) {
        backoff.reset();
        // Only a bookmark says that all before it was told.
        if (event.type === Type.BOOKMARK) sinceVersion = event.resourceVersion;
        yield event;
      }
    } catch (error) {
      if (signal?.aborted) return;
      const explained = explainError(error);
      if (explained.reason !== ErrorReason.UNAVAILABLE) throw error;
      ({ message } = explained);
    }
    onInterrupted?.(message);
    await pause(clock, backoff.next(), signal);
  }
}
