import { type Clock, pause, systemClock } from '@ostler/kernel';

import type { Loop } from './loops';

const firstMs = 300_000;
const everyMs = 3_600_000;

/** One bounded transaction. True while there may be more to remove. */
export type CleanUpStep = () => Promise<boolean>;

/** A loop that removes, batch after batch, what nobody needs any more. Safe to be killed between any two. */
export function cleanUpLoop(name: string, steps: readonly CleanUpStep[], clock: Clock = systemClock): Loop {
  return {
    name,
    async run(signal) {
      for (let waitMs = firstMs; !signal.aborted; waitMs = everyMs) {
        await pause(clock, waitMs, signal);
        for (const step of steps) while (!signal.aborted && (await step())) continue;
      }
    },
  };
}
