import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LiveService, type LiveWatchRequest, type LiveWatchResponse_Synced } from '@ostler/contracts';
import { type Clock, systemClock } from '@ostler/kernel';

import { FirstOwner } from '../identity';
import { currentCall, RpcRegistry } from '../platform/rpc';
import { VERSION } from '../version';
import { Feeds } from './feeds';
import { LiveTopics } from './live-topics';
import { Watcher } from './watcher';

const aliveEveryMs = 10_000;
const alive = { event: { case: 'alive' as const, value: {} } };

@Injectable()
export class LiveRpc implements OnModuleInit, ServiceImpl<typeof LiveService> {
  private readonly clock: Clock = systemClock;

  constructor(
    private readonly rpc: RpcRegistry,
    private readonly topics: LiveTopics,
    private readonly feeds: Feeds,
    private readonly firstOwner: FirstOwner,
  ) {}

  onModuleInit(): void {
    this.rpc.service(LiveService, this);
  }

  async getInfo() {
    return { version: VERSION, firstRun: !(await this.firstOwner.hasAnybodySignedIn()) };
  }

  async *watch({ topics }: LiveWatchRequest, { signal }: HandlerContext) {
    const { tenantUids, permissions } = currentCall();
    const { sources, leftOut } = this.topics.allowed(topics, permissions);
    const watcher = new Watcher();
    const end = await this.feeds.watch(sources, tenantUids, watcher);
    try {
      yield* sendAll(watcher);
      yield {
        event: { case: 'synced' as const, value: { leftOut } satisfies Partial<LiveWatchResponse_Synced> },
      };
      while (!signal.aborted) {
        const isQuiet = await this.waitOrTick(watcher, signal);
        if (isQuiet) yield alive;
        yield* sendAll(watcher);
      }
    } finally {
      end();
    }
  }

  /** True when nothing came for a while. */
  private async waitOrTick(watcher: Watcher, signal: AbortSignal): Promise<boolean> {
    const tick = new AbortController();
    const timer = this.clock.after(aliveEveryMs, () => tick.abort());
    await watcher.wait(AbortSignal.any([signal, tick.signal]));
    timer.cancel();
    return tick.signal.aborted && !signal.aborted;
  }
}

function* sendAll(watcher: Watcher) {
  for (const { event } of watcher.take()) yield { event };
}
