import { AppError, Backoff, type Clock, pause } from '@ostler/kernel';

const FIRST_MS = 100;
const MOST_MS = 2000;

/**
 * Runs a write that is safe to repeat until it succeeds: a database that restarts must not end the lanes
 * of every agent. An AppError is an answer and is thrown; so is the last error when the signal is aborted.
 */
export async function persist<T>(clock: Clock, signal: AbortSignal, write: () => Promise<T>): Promise<T> {
  const backoff = new Backoff({ firstMs: FIRST_MS, mostMs: MOST_MS });
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (error instanceof AppError || signal.aborted) throw error;
      await pause(clock, backoff.next(), signal);
      if (signal.aborted) throw error;
    }
  }
}
