/** The value below which `fraction` of the samples lie (nearest rank). */
export function percentile(samples: readonly number[], fraction: number): number {
  if (samples.length === 0) throw new RangeError('no samples');
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(fraction * sorted.length) - 1))]!;
}

/** Runs `task` one after another and returns each run's milliseconds. */
export async function timeEach(count: number, task: (index: number) => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index++) {
    const began = performance.now();
    await task(index);
    samples.push(performance.now() - began);
  }
  return samples;
}

/** Starts `task` at a steady rate, whether or not earlier ones have ended; milliseconds of each. */
export async function timeAtRate(
  perSecond: number,
  seconds: number,
  task: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const began = performance.now();
  const running: Promise<number>[] = [];
  for (let index = 0; index < perSecond * seconds; index++) {
    const due = began + (index * 1000) / perSecond;
    // Late starts count from when they were due: a stalled sender must not hide a stalled server.
    while (performance.now() < due)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    running.push(task(index).then(() => performance.now() - due));
  }
  return Promise.all(running);
}

/** `1.2 ms`, `340 ms`, `2.1 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}
