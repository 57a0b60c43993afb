import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { LiveWatchRequest_Topic as Topic } from '@ostler/contracts';
import { systemClock } from '@ostler/kernel';

import { Wake } from '../platform/db';
import { Log } from '../platform/log';
import { Metrics } from '../platform/metrics';
import { Feed } from './feed';
import type { Cursor, LiveSource } from './live-source';
import type { Watcher } from './watcher';

export interface Watching {
  /** Rejects when the present state could not be read. */
  readonly present: Promise<void>;
  readonly leave: () => void;
}

/** The feeds of this process: one per topic and set of tenants, as long as somebody watches. */
@Injectable()
export class Feeds implements OnModuleDestroy {
  private readonly feeds = new Map<string, { readonly feed: Feed; readonly off: () => void }>();
  private watchers = 0;

  constructor(
    private readonly wake: Wake,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    metrics.observed('ostler_live_watchers', 'Streams of live changes that are open.', () => this.watchers);
  }

  /**
   * Adds the watcher to the topics, from the given cursors on where there are any. It is filled while it is
   * being read; `present` resolves when it has been given the whole present state.
   */
  watch(
    sources: readonly LiveSource[],
    tenantUids: readonly string[],
    watcher: Watcher,
    from: ReadonlyMap<Topic, Cursor> = new Map(),
  ): Watching {
    const entries = sources.map((source) => ({ ...this.feedOf(source, tenantUids), topic: source.topic }));
    this.watchers++;
    let hasLeft = false;
    const leave = (): void => {
      if (hasLeft) return;
      hasLeft = true;
      this.watchers--;
      watcher.leave();
      for (const { key, feed } of entries) this.leave(key, feed, watcher);
    };
    // All of them begin at once: a feed that waited for its turn would look unwatched to who leaves meanwhile.
    const begun = entries.map(({ feed, topic }) => feed.add(watcher, from.get(topic)));
    const present = this.settle(begun).finally(() => {
      // Who left before it had everything kept its feeds until now.
      if (hasLeft) for (const { key, feed } of entries) this.leave(key, feed, watcher);
    });
    return { present, leave };
  }

  private async settle(begun: readonly Promise<void>[]): Promise<void> {
    const failed = (await Promise.allSettled(begun)).find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }

  onModuleDestroy(): void {
    for (const { off } of this.feeds.values()) off();
    this.feeds.clear();
  }

  private feedOf(source: LiveSource, tenantUids: readonly string[]) {
    const key = `${source.topic} ${tenantUids.join(' ')}`;
    const known = this.feeds.get(key);
    if (known) return { key, feed: known.feed };
    const feed = new Feed(source, tenantUids, systemClock, (message) => this.log.warn(message));
    this.feeds.set(key, { feed, off: this.wake.on(source.word, () => feed.poke()) });
    return { key, feed };
  }

  private leave(key: string, feed: Feed, watcher: Watcher): void {
    feed.remove(watcher);
    const known = this.feeds.get(key);
    if (feed.isWatched || known?.feed !== feed) return;
    known.off();
    this.feeds.delete(key);
  }
}
