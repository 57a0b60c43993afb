/** Stopped, started and listening again, on a busy machine. */
const AWAY_MS = 2_000;
/** Half of what is admitted: agents that did not hear of the restart come at the same time. */
const BACK_PER_SECOND = 100;

/**
 * After how many milliseconds each of so many agents is to come back from a restart, so that they come in
 * evenly. Each of them adds up to as much again by itself.
 */
export function* restartDelays(agents: number, random: () => number = Math.random): Generator<number, never> {
  const spreadMs = (agents / BACK_PER_SECOND) * 1000;
  for (;;) yield Math.round(AWAY_MS + random() * spreadMs);
}
