import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type Clock, systemClock, type Timer } from '@ostler/kernel';
import { Wake } from '../platform/db';
import type { OperationRow } from './operation.repository';

/** News of this process come at once by `tell`; the wake-up, which cannot say whose they are, may wait for more. */
const WAKE_DELAY_MS = 25;

/** What was committed, where the news brings it with it; else whoever waits reads. */
type Waiter = (told?: OperationRow) => void;

export interface FollowOptions<T> {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** As it is now, so that it is first read after the first news. */
  readonly known?: T;
}

/** Wakes whoever waits for news of one operation: at once within this process, by LISTEN from others. */
@Injectable()
export class OperationNews implements OnModuleInit, OnModuleDestroy {
  private readonly waiting = new Map<string, Set<Waiter>>();
  private readonly clock: Clock = systemClock;
  private off: (() => void) | undefined;
  private soon: Timer | undefined;

  constructor(private readonly wake: Wake) {}

  onModuleInit(): void {
    this.off = this.wake.on('operations', () => this.tellAllSoon());
  }

  onModuleDestroy(): void {
    this.off?.();
    this.soon?.cancel();
    this.tellAll();
  }

  /** After the commit. `ended` is the row of the end, which never changes again. */
  tell(uid: string, ended?: OperationRow): void {
    for (const wake of this.waiting.get(uid) ?? []) wake(ended);
  }

  /**
   * Reads until `isDone`, again after each news, at most until `timeoutMs`; gives what was read last. It
   * listens from the moment of the call and before each reading, so that nothing is missed between.
   */
  async follow<T>(
    uid: string,
    { timeoutMs, signal, known }: FollowOptions<T>,
    read: (told?: OperationRow) => Promise<T>,
    isDone: (value: T) => boolean,
  ): Promise<T> {
    const endMs = this.clock.monotonic() + timeoutMs;
    let look = (): Promise<T> => (known === undefined ? read() : Promise.resolve(known));
    for (;;) {
      const news = this.next(uid, endMs, signal);
      const value = await look().catch((error: unknown) => {
        news.cancel();
        throw error;
      });
      if (isDone(value) || signal.aborted || this.clock.monotonic() >= endMs) {
        news.cancel();
        return value;
      }
      const told = await news.arrived;
      look = () => read(told);
    }
  }

  /** The next news of it, or the end of the wait. */
  private next(uid: string, endMs: number, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<OperationRow | undefined>();
    const wake: Waiter = (told) => {
      timer.cancel();
      signal.removeEventListener('abort', cancel);
      const waiters = this.waiting.get(uid);
      waiters?.delete(wake);
      if (waiters?.size === 0) this.waiting.delete(uid);
      resolve(told);
    };
    const cancel = (): void => wake();
    const timer = this.clock.after(Math.max(0, endMs - this.clock.monotonic()), cancel);
    signal.addEventListener('abort', cancel, { once: true });
    const waiters = this.waiting.get(uid) ?? new Set();
    this.waiting.set(uid, waiters.add(wake));
    return { arrived: promise, cancel };
  }

  private tellAllSoon(): void {
    this.soon ??= this.clock.after(WAKE_DELAY_MS, () => {
      this.soon = undefined;
      this.tellAll();
    });
  }

  private tellAll(): void {
    for (const waiters of this.waiting.values()) for (const wake of waiters) wake();
  }
}
