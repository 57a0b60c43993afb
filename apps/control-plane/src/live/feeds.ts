import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { systemClock } from '@ostler/kernel';

import { Wake } from '../platform/db';
import { Log } from '../platform/log';
import { Metrics } from '../platform/metrics';
import { Feed } from './feed';
import type { LiveSource } from './live-source';
import type { Watcher } from './watcher';

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

  /** Adds the watcher to the topics. Returns what ends that. */
  async watch(
    sources: readonly LiveSource[],
    tenantUids: readonly string[],
    watcher: Watcher,
  ): Promise<() => void> {
    const entries = sources.map((source) => this.feedOf(source, tenantUids));
    this.watchers++;
    const end = (): void => {
      this.watchers--;
      for (const { key, feed } of entries) this.leave(key, feed, watcher);
    };
    // All of them begin at once: a feed that waited for its turn would look unwatched to who leaves meanwhile.
    const begun = await Promise.allSettled(entries.map(({ feed }) => feed.add(watcher)));
    const failed = begun.find((one) => one.status === 'rejected');
    if (!failed) return end;
    end();
    throw failed.reason;
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
