import { setImmediate as nextTurn } from 'node:timers/promises';

import { create } from '@bufbuild/protobuf';
import { LiveWatchResponseSchema } from '@ostler/contracts';
import { type Clock, Serial } from '@ostler/kernel';

import type { Cursor, LiveSource } from './live-source';
import { type Cohort, Newcomers } from './newcomers';
import type { Watcher } from './watcher';

/** Wake-ups within this time are one read. */
const gatherMs = 20;
const againAfterFailureMs = 1_000;
/** Nobody of those who come has read anything for so long. */
const mostWaitMs = 10_000;
/** Each watcher that is told costs some 0.1 ms: whoever calls meanwhile does not wait for all of them. */
const toldPerTurn = 8;

/**
 * One topic of one set of tenants, read once for all its watchers. Newcomers are given the present state by a
 * reading of their own, and what changed meanwhile between two reads of the feed; what the feed reads after
 * that is at least as new.
 */
export class Feed {
  private readonly watchers = new Set<Watcher>();
  private readonly serial = new Serial();
  private readonly newcomers = new Newcomers((cohort) => this.admit(cohort));
  private cursor: Cursor;
  private isPoked = false;
  private coming = 0;

  constructor(
    private readonly source: LiveSource,
    private readonly tenantUids: readonly string[],
    private readonly clock: Clock,
    private readonly warn: (message: string) => void,
  ) {}

  get isWatched(): boolean {
    return this.watchers.size > 0 || this.coming > 0;
  }

  /** Gives the watcher the present state, or what changed since the cursor; then what changes. */
  async add(watcher: Watcher, from?: Cursor): Promise<void> {
    this.coming++;
    try {
      await this.newcomers.add(watcher, from);
    } finally {
      this.coming--;
    }
  }

  remove(watcher: Watcher): void {
    this.watchers.delete(watcher);
  }

  /** There may be something new. Carries no data and costs nothing while nobody watches. */
  poke(delayMs = gatherMs): void {
    if (this.isPoked || !this.isWatched) return;
    this.isPoked = true;
    this.clock.after(delayMs, () => {
      this.isPoked = false;
      void this.serial.run(() => this.readNew());
    });
  }

  private async admit({ watchers, from }: Cohort): Promise<void> {
    const cursor = await this.readPaced(from, watchers);
    await this.serial.run(() => this.join(watchers, cursor));
  }

  private async join(watchers: readonly Watcher[], from: Cursor): Promise<void> {
    const cursor = await this.readAll(from, watchers);
    if (this.watchers.size === 0) this.cursor = cursor;
    for (const watcher of watchers) if (!watcher.hasLeft) this.watchers.add(watcher);
  }

  private async readNew(): Promise<void> {
    if (this.watchers.size === 0) return;
    try {
      this.cursor = await this.readAll(this.cursor, this.watchers);
    } catch (error) {
      this.warn(`the changes of topic ${this.source.topic} could not be read: ${String(error)}`);
      this.poke(againAfterFailureMs);
    }
  }

  /** As fast as the fastest of them reads: what waits for the others are the same messages, and no copies. */
  private async readPaced(from: Cursor, watchers: readonly Watcher[]): Promise<Cursor> {
    let page = await this.readPage(from, watchers);
    while (page.more && watchers.some(({ hasLeft }) => !hasLeft)) {
      await this.room(watchers.filter(({ hasLeft }) => !hasLeft));
      page = await this.readPage(page.cursor, watchers);
    }
    return page.cursor;
  }

  /** Who lets all others wait for too long has to come again. */
  private async room(watchers: readonly Watcher[]): Promise<void> {
    const late = new AbortController();
    const timer = this.clock.after(mostWaitMs, () => late.abort());
    await Promise.race(watchers.map((watcher) => watcher.hasRoom(late.signal)));
    timer.cancel();
    if (late.signal.aborted) for (const watcher of watchers) watcher.giveUp();
    late.abort();
  }

  private async readAll(from: Cursor, watchers: Iterable<Watcher>): Promise<Cursor> {
    for (let cursor = from; ;) {
      const page = await this.readPage(cursor, watchers);
      cursor = page.cursor;
      if (!page.more) return cursor;
    }
  }

  private async readPage(from: Cursor, watchers: Iterable<Watcher>) {
    const page = await this.source.read(this.tenantUids, from);
    const events = page.events.map(({ key, event }) => ({
      key,
      message: create(LiveWatchResponseSchema, { event }),
    }));
    let told = 0;
    for (const watcher of watchers) {
      if (watcher.hasLeft) continue;
      watcher.push(this.source.topic, events, page.cursor);
      if (events.length > 0 && ++told % toldPerTurn === 0) await nextTurn();
    }
    return page;
  }
}
