import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { Backoff, messageOf, pause, systemClock } from '@ostler/kernel';

import { isDatabaseAway } from '../db';
import { Log } from '../log';

/** What a loop is doing when it is asked to end. */
const graceMs = 10_000;

export interface Loop {
  readonly name: string;
  /** Runs until the signal is aborted. When it throws, that is logged and it is run again after a while. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Background work of this process. Rooms add loops in `onModuleInit`; they start when every room is ready
 * and end, awaited, before any room is taken down.
 */
@Injectable()
export class Loops implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loops: Loop[] = [];
  private readonly stopping = new AbortController();
  private running: Promise<void>[] = [];

  constructor(@Inject(Log) private readonly log: Log) {}

  add(loop: Loop): void {
    this.loops.push(loop);
  }

  onApplicationBootstrap(): void {
    this.running = this.loops.map((loop) => this.keepRunning(loop));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    const enough = new AbortController();
    const late = pause(systemClock, graceMs, enough.signal).then(() => 'late' as const);
    const outcome = await Promise.race([Promise.all(this.running), late]);
    enough.abort();
    if (outcome === 'late') this.log.warn(`a loop did not end within ${graceMs / 1000} s and is left behind`);
  }

  /** While the database is away every loop fails; who keeps the database says so, once. */
  private report(loop: Loop, error: unknown): void {
    const line = `loop ${loop.name} failed and is run again: ${messageOf(error)}`;
    if (isDatabaseAway(error)) this.log.debug(line);
    else this.log.warn(line);
  }

  private async keepRunning(loop: Loop): Promise<void> {
    const { signal } = this.stopping;
    const backoff = new Backoff({ firstMs: 200, mostMs: 10_000 });
    while (!signal.aborted) {
      const began = systemClock.monotonic();
      try {
        await loop.run(signal);
      } catch (error) {
        if (!signal.aborted) this.report(loop, error);
      }
      if (systemClock.monotonic() - began > 60_000) backoff.reset();
      if (!signal.aborted) await pause(systemClock, backoff.next(), signal);
    }
  }
}
