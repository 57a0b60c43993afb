/** An unbounded queue that one consumer reads with `for await`. `close` ends it after what is queued. */
export class AsyncQueue<T> implements AsyncIterable<T> {
  private readonly items: T[] = [];
  private wake: (() => void) | undefined;
  private closed = false;
  private failure: { readonly error: unknown } | undefined;

  get size(): number {
    return this.items.length;
  }

  /** Returns false when the queue was closed before. */
  push(item: T): boolean {
    if (this.closed) return false;
    this.items.push(item);
    this.wake?.();
    return true;
  }

  /** Ends the iteration after what is queued; with an error, by throwing it. */
  close(error?: unknown): void {
    if (this.closed) return;
    this.closed = true;
    if (error !== undefined) this.failure = { error };
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      while (this.items.length > 0) yield this.items.shift() as T;
      if (this.failure) throw this.failure.error;
      if (this.closed) return;
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
    }
  }
}
