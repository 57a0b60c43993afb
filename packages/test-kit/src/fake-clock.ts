import type { Clock, Timer } from '@ostler/kernel';

interface Pending {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that stands still until a test moves it. Timers run in the order in which they are due. */
export class FakeClock implements Clock {
  private elapsedMs = 0;
  private order = 0;
  private readonly pending = new Set<Pending>();

  constructor(private wallMs: number = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.wallMs + this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: Pending = { dueMs: this.elapsedMs + Math.max(0, delayMs), order: this.order++, run };
    this.pending.add(timer);
    return { cancel: () => void this.pending.delete(timer) };
  }

  /** How many timers wait. */
  get timers(): number {
    return this.pending.size;
  }

  /** Moves the wall alone, as an administrator or NTP does. */
  jumpWall(byMs: number): void {
    this.wallMs += byMs;
  }

  /** Moves time on; each timer runs at its own moment, and what it started gets to run before the next. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.elapsedMs + byMs;
    await settle();
    for (;;) {
      const next = this.nextDue(endMs);
      if (next === undefined) break;
      this.pending.delete(next);
      this.elapsedMs = Math.max(this.elapsedMs, next.dueMs);
      next.run();
      await settle();
    }
    this.elapsedMs = endMs;
    await settle();
  }

  private nextDue(endMs: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.pending) {
      if (timer.dueMs > endMs) continue;
      if (!first || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order)) {
        first = timer;
      }
    }
    return first;
  }
}

/** Lets promises that are ready run, and what they make ready. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
