import type { Operation } from '@ostler/contracts';

/** Finds the operations that ended while somebody watched; what had ended before is no news. */
export class FinishedOperations {
  private readonly running = new Set<string>();

  constructor(private readonly hasEnded: (operation: Operation) => boolean) {}

  /** @returns those that were under way at the last look and have ended since */
  take(operations: readonly Operation[]): readonly Operation[] {
    const ended = operations.filter((one) => this.hasEnded(one) && this.running.delete(one.uid));
    for (const one of operations) if (!this.hasEnded(one)) this.running.add(one.uid);
    return ended;
  }
}
