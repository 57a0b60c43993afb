import { AppError, Backoff, type Clock, pause } from '@ostler/kernel';

const FIRST_MS = 100;
const MOST_MS = 2000;

/** Tells an error that passes by itself (a database that is away) from one that would come again. */
export type IsPassing = (error: unknown) => boolean;

const allButAnswers: IsPassing = (error) => !(error instanceof AppError);

/**
 * Runs a write that is safe to repeat until it succeeds: a database that restarts must not end the lanes
 * of every agent. What does not pass by itself is thrown at once, or one write that can never succeed would
 * hold up all behind it; so is the last error when the signal is aborted.
 */
export async function persist<T>(
  clock: Clock,
  signal: AbortSignal,
  write: () => Promise<T>,
  isPassing: IsPassing = allButAnswers,
): Promise<T> {
  const backoff = new Backoff({ firstMs: FIRST_MS, mostMs: MOST_MS });
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      await pause(clock, backoff.next(), signal);
      if (signal.aborted) throw error;
    }
  }
}
