/** Exponential back-off with full jitter: a random delay below a bound that doubles. */
export class Backoff {
  private attempt = 0;

  constructor(
    private readonly options: {
      readonly firstMs: number;
      readonly mostMs: number;
      readonly random?: () => number;
    },
  ) {}

  /** The next delay in milliseconds. */
  next(): number {
    const bound = Math.min(this.options.mostMs, this.options.firstMs * 2 ** this.attempt);
    this.attempt = Math.min(this.attempt + 1, 30);
    return Math.round(bound * (this.options.random ?? Math.random)());
  }

  /** After a success: begin again with the first delay. */
  reset(): void {
    this.attempt = 0;
  }
}
