import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type Clock, systemClock, type Timer } from '@ostler/kernel';
import { Wake } from '../platform/db';

/** News of this process come at once by `tell`; the wake-up, which cannot say whose they are, may wait for more. */
const WAKE_DELAY_MS = 25;

/** Wakes whoever waits for news of one operation: at once within this process, by LISTEN from others. */
@Injectable()
export class OperationNews implements OnModuleInit, OnModuleDestroy {
  private readonly waiting = new Map<string, Set<() => void>>();
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

  tell(uid: string): void {
    for (const wake of this.waiting.get(uid) ?? []) wake();
  }

  /**
   * Reads until `isDone`, again after each news, at most until `timeoutMs`; gives what was read last. It
   * listens before it reads, so that nothing is missed between.
   */
  async follow<T>(
    uid: string,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
    read: () => Promise<T>,
    isDone: (value: T) => boolean,
  ): Promise<T> {
    const endMs = this.clock.monotonic() + options.timeoutMs;
    for (;;) {
      const news = this.next(uid, endMs, options.signal);
      const value = await read().catch((error: unknown) => {
        news.cancel();
        throw error;
      });
      if (isDone(value) || options.signal.aborted || this.clock.monotonic() >= endMs) {
        news.cancel();
        return value;
      }
      await news.arrived;
    }
  }

  /** The next news of it, or the end of the wait. */
  private next(uid: string, endMs: number, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', cancel);
      const waiters = this.waiting.get(uid);
      waiters?.delete(cancel);
      if (waiters?.size === 0) this.waiting.delete(uid);
      resolve();
    };
    const timer = this.clock.after(Math.max(0, endMs - this.clock.monotonic()), cancel);
    signal.addEventListener('abort', cancel, { once: true });
    const waiters = this.waiting.get(uid) ?? new Set();
    this.waiting.set(uid, waiters.add(cancel));
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
