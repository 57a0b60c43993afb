import { Backoff, type Clock, type Timer } from '@ostler/kernel';

export interface QueueOptions {
  readonly clock: Clock;
  /** Most keys at work at once, without those that are parked. */
  readonly limit: number;
  /** Most keys parked at once: each holds its plan in memory. */
  readonly mostParked?: number;
  /** Works on one key; a number is when to come again, throwing is coming again with back-off. */
  readonly run: (key: string, signal: AbortSignal, place: Place) => Promise<number | undefined>;
  readonly failed: (key: string, error: unknown, retryInMs: number) => void;
  readonly random?: () => number;
}

/** A key's place among the `limit`. */
export interface Place {
  /** Gives the place to another key while `wait` goes on. */
  parked<T>(wait: () => Promise<T>): Promise<T>;
}

interface Item {
  /** Wakes that came while it worked are one more run afterwards. */
  dirty: boolean;
  abort?: AbortController;
  timer?: Timer;
  /** Since it failed: thousands never do. */
  backoff?: Backoff;
}

const FIRST_RETRY_MS = 500;
const MOST_RETRY_MS = 5 * 60_000;
/** Plans wait in memory, beside thousands of keys fewer of them. */
const MOST_PARKED = 512;
const MANY_KEYS = 1024;
const MOST_PARKED_OF_MANY = 256;

/**
 * Keys that want work. A key is worked on by one run at a time; wakes carry no data and many are one.
 *
 *   idle --wake--> ready --place free--> running --done--> idle (timer) | ready (woken meanwhile)
 *                                           '--threw--> idle (back-off timer)
 */
export class ReconcileQueue {
  private readonly items = new Map<string, Item>();
  private readonly ready = new Set<string>();
  private working = 0;
  private parked = 0;
  private stopped = false;
  private idle: (() => void)[] = [];

  constructor(private readonly options: QueueOptions) {}

  wake(key: string): void {
    if (this.stopped) return;
    const item = this.item(key);
    item.timer?.cancel();
    if (item.abort) {
      item.dirty = true;
      return;
    }
    this.ready.add(key);
    this.fill();
  }

  /** Ends the run that goes on, if any: its key is about something else now. */
  interrupt(key: string): void {
    this.items.get(key)?.abort?.abort();
  }

  /** Nothing is ready or running; timers may be set. */
  async settled(): Promise<void> {
    if (this.isSettled()) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  stop(): void {
    this.stopped = true;
    this.ready.clear();
    for (const item of this.items.values()) {
      item.timer?.cancel();
      item.abort?.abort();
    }
  }

  private isSettled(): boolean {
    return this.ready.size === 0 && ![...this.items.values()].some((item) => item.abort);
  }

  private item(key: string): Item {
    const known = this.items.get(key);
    if (known) return known;
    const item: Item = { dirty: false, abort: undefined, timer: undefined, backoff: undefined };
    this.items.set(key, item);
    return item;
  }

  private fill(): void {
    const many = this.items.size + this.ready.size > MANY_KEYS;
    const most = this.options.mostParked ?? (many ? MOST_PARKED_OF_MANY : MOST_PARKED);
    for (const key of this.ready) {
      if (this.working >= this.options.limit || this.parked >= most || this.stopped) return;
      this.ready.delete(key);
      void this.work(key, this.item(key));
    }
  }

  private async work(key: string, item: Item): Promise<void> {
    const abort = new AbortController();
    item.abort = abort;
    item.dirty = false;
    this.working += 1;
    let againInMs: number | undefined;
    try {
      againInMs = await this.options.run(key, abort.signal, this.place);
      item.backoff = undefined;
    } catch (error) {
      const { random } = this.options;
      item.backoff ??= new Backoff({ firstMs: FIRST_RETRY_MS, mostMs: MOST_RETRY_MS, random });
      againInMs = item.backoff.next() + FIRST_RETRY_MS;
      this.options.failed(key, error, againInMs);
    }
    this.working -= 1;
    item.abort = undefined;
    this.next(key, item, againInMs);
  }

  private next(key: string, item: Item, againInMs: number | undefined): void {
    if (!this.stopped && item.dirty) this.ready.add(key);
    else if (!this.stopped && againInMs !== undefined) {
      item.timer = this.options.clock.after(againInMs, () => this.wake(key));
    } else this.items.delete(key);
    this.fill();
    if (this.isSettled()) for (const resolve of this.idle.splice(0)) resolve();
  }

  private readonly place: Place = {
    parked: async (wait) => {
      this.working -= 1;
      this.parked += 1;
      this.fill();
      try {
        return await wait();
      } finally {
        // It goes on at once, above the limit if need be: what follows a commit is short.
        this.working += 1;
        this.parked -= 1;
      }
    },
  };
}
