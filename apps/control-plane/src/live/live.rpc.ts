import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LiveService, type LiveWatchRequest, LiveWatchResponseSchema } from '@ostler/contracts';
import { type Clock, systemClock } from '@ostler/kernel';

import { FirstOwner } from '../identity';
import { currentCall, RpcRegistry } from '../platform/rpc';
import { VERSION } from '../version';
import { Feeds, type Watching } from './feeds';
import { LiveTopics } from './live-topics';
import { Resumes, type StreamPlace } from './resumes';
import { Watcher } from './watcher';

const aliveEveryMs = 10_000;

@Injectable()
export class LiveRpc implements OnModuleInit, ServiceImpl<typeof LiveService> {
  private readonly clock: Clock = systemClock;

  constructor(
    private readonly rpc: RpcRegistry,
    private readonly topics: LiveTopics,
    private readonly feeds: Feeds,
    private readonly resumes: Resumes,
    private readonly firstOwner: FirstOwner,
  ) {}

  onModuleInit(): void {
    this.rpc.service(LiveService, this);
  }

  async getInfo() {
    return { version: VERSION, firstRun: !(await this.firstOwner.hasAnybodySignedIn()) };
  }

  async *watch({ topics, resume }: LiveWatchRequest, { signal }: HandlerContext) {
    const { tenantUids, permissions } = currentCall();
    const { sources, leftOut } = this.topics.allowed(topics, permissions);
    const place = await this.resumes.placeOf(sources, tenantUids);
    const from = place.versionsOf(resume);
    const watcher = new Watcher();
    const watching = this.feeds.watch(sources, tenantUids, watcher, from);
    try {
      yield say({ case: 'begun', value: { resumed: [...from.keys()] } });
      yield* this.presentOf(watcher, watching, signal);
      yield say({ case: 'synced', value: { leftOut, resume: place.bytesOf(watcher) } });
      yield* this.changesOf(watcher, place, signal);
    } finally {
      watching.leave();
    }
  }

  private async *presentOf(watcher: Watcher, { present }: Watching, signal: AbortSignal) {
    let isThere = false;
    // Who fails to read it is told when all that was read before has been sent.
    const settled = (): void => {
      isThere = true;
      watcher.poke();
    };
    present.then(settled, settled);
    while (!isThere && !signal.aborted) {
      yield* watcher.take();
      await watcher.wait(signal);
    }
    if (!signal.aborted) await present;
    yield* watcher.take();
  }

  private async *changesOf(watcher: Watcher, place: StreamPlace, signal: AbortSignal) {
    let aliveAt = this.clock.monotonic() + aliveEveryMs;
    while (!signal.aborted) {
      await this.waitUntil(aliveAt, watcher, signal);
      yield* watcher.take();
      if (this.clock.monotonic() < aliveAt || signal.aborted) continue;
      aliveAt = this.clock.monotonic() + aliveEveryMs;
      yield say({ case: 'alive', value: { resume: place.bytesOf(watcher) } });
    }
  }

  private async waitUntil(at: number, watcher: Watcher, signal: AbortSignal): Promise<void> {
    const timer = this.clock.after(Math.max(0, at - this.clock.monotonic()), () => watcher.poke());
    await watcher.wait(signal);
    timer.cancel();
  }
}

function say(event: MessageInitShape<typeof LiveWatchResponseSchema>['event']) {
  return create(LiveWatchResponseSchema, { event });
}
