/**
 * Waits until the condition holds. A condition that throws does not hold yet; what it threw last is told when
 * time is up.
 */
export async function waitFor(
  what: string,
  condition: () => Promise<boolean> | boolean,
  { timeoutMs = 120_000, intervalMs = 100 }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<void> {
  const until = performance.now() + timeoutMs;
  let last: unknown;
  do {
    try {
      if (await condition()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  } while (performance.now() < until);
  throw new Error(`Not within ${timeoutMs} ms: ${what}.`, { cause: last });
}
