import { Backoff, type Clock, pause, systemClock } from '@ostler/kernel';
import { ErrorReason } from '@ostler/contracts';
import type { Ostler } from './clients';
import { explainError } from './explain-error';

export interface FollowOutputOptions {
  /** Where to begin, in bytes; 0 is the first byte. */
  readonly offset?: bigint;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Told when the stream broke, before it is opened again where it ended. */
  readonly onInterrupted?: (message: string) => void;
}

/**
 * The output of an operation, each byte once, until the operation has ended or the signal is aborted. A
 * stream that breaks is opened again at the offset reached; an error that waiting cannot heal is thrown.
 */
export async function* followOutput(
  ostler: Ostler,
  uid: string,
  options: FollowOutputOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal, clock = systemClock } = options;
  const backoff = new Backoff({ firstMs: 250, mostMs: 10_000 });
  let offset = options.offset ?? 0n;
  while (!signal?.aborted) {
    try {
      for await (const piece of ostler.operations.readOutput({ uid, offset, follow: true }, { signal })) {
        const fresh = piece.data.subarray(Number(offset > piece.offset ? offset - piece.offset : 0n));
        offset += BigInt(fresh.length);
        backoff.reset();
        if (fresh.length > 0) yield fresh;
      }
      return;
    } catch (error) {
      if (signal?.aborted) return;
      const explained = explainError(error);
      if (explained.reason !== ErrorReason.UNAVAILABLE) throw error;
      options.onInterrupted?.(explained.message);
      await pause(clock, backoff.next(), signal);
    }
  }
}
