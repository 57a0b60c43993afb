export interface GatherOptions<T> {
  /** Most in one batch. */
  readonly most: number;
  /** Items of one key go one after the other, in the order in which they came: each in a batch of its own. */
  readonly keyOf?: (item: T) => string;
  /** An error that would meet every item: nobody is tried alone after it. */
  readonly isForAll?: (error: unknown) => boolean;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly answer: PromiseWithResolvers<R>;
}

/**
 * Carries out together what is asked for at the same time: while one batch is under way the next one gathers,
 * so a single item waits for nothing and a thousand cost little more than one. What fails in a batch is tried
 * again alone, so that an item fails only for itself.
 */
export class Gather<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private isRunning = false;

  /** `work` answers each item, in their order. */
  constructor(
    private readonly work: (items: readonly T[]) => Promise<readonly R[]>,
    private readonly options: GatherOptions<T>,
  ) {}

  ask(item: T): Promise<R> {
    const answer = Promise.withResolvers<R>();
    this.waiting.push({ item, answer });
    if (!this.isRunning) void this.run();
    return answer.promise;
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    try {
      // After this turn of the event loop: what came with it goes together.
      await Promise.resolve();
      while (this.waiting.length > 0) await this.carryOut(this.take());
    } finally {
      this.isRunning = false;
    }
  }

  private take(): Waiting<T, R>[] {
    const { most, keyOf } = this.options;
    const taken: Waiting<T, R>[] = [];
    const left: Waiting<T, R>[] = [];
    const keys = new Set<string>();
    for (const one of this.waiting) {
      const key = keyOf?.(one.item);
      const isFree = taken.length < most && (key === undefined || !keys.has(key));
      if (key !== undefined) keys.add(key);
      (isFree ? taken : left).push(one);
    }
    this.waiting = left;
    return taken;
  }

  private async carryOut(batch: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const answers = await this.work(batch.map(({ item }) => item));
      for (const [index, { answer }] of batch.entries()) answer.resolve(answers[index]!);
    } catch (error) {
      if (batch.length === 1 || this.options.isForAll?.(error)) {
        for (const { answer } of batch) answer.reject(error);
        return;
      }
      for (const one of batch) await this.carryOut([one]);
    }
  }
}
