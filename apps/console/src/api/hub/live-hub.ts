import { toBinary } from '@bufbuild/protobuf';
import { LiveWatchResponseSchema } from '@ostler/contracts';
import { idleLiveState, type LiveState, type LiveWatch, receivedBytes, type StreamLink } from '@ostler/sdk';
import type { WatchLiveOptions } from '@ostler/sdk';
import type { FromTab, ToTab } from './hub-messages';
import { EVERY_TOPIC } from './every-topic';
import { HubTab } from './hub-tab';
import { LiveEvents } from './live-events';

/** The one connection of the browser. */
export interface HubLink extends StreamLink {
  /** Cuts it: it may be dead without anybody having said so, or belong to somebody who has left. */
  reset(why?: string): void;
}

export interface HubParts {
  readonly link: HubLink;
  readonly watch: (options: WatchLiveOptions) => LiveWatch;
  /** Runs something when everything that has come in until now is worked off. */
  readonly soon: (run: () => void) => void;
}

/**
 * What all tabs of a browser share: one connection, one live stream, one store of what it told. It is in a
 * shared worker, or in the page itself where browsers have none.
 *
 *     nobody ──join──▶ watching ──the last tab leaves──▶ nobody
 *                       │    ▲
 *        the session ends    a tab joins, signed in again
 *                       ▼    │
 *                      stopped
 */
export class LiveHub {
  private readonly joined = new Set<HubTab>();
  private readonly tabs = new Set<HubTab>();
  private readonly store = new LiveEvents();
  private watching: LiveWatch | undefined;
  private runs = 0;
  private state: LiveState = idleLiveState;
  private who = '';
  private fresh: Uint8Array[] = [];

  constructor(private readonly parts: HubParts) {}

  /** @returns what the messages of the tab go to */
  add(post: (message: ToTab) => void): { take: (message: FromTab) => void; gone: () => void } {
    const tab = new HubTab(post, this.parts.link, () => this.store.snapshot());
    this.tabs.add(tab);
    return {
      take: (message) => this.take(tab, message),
      gone: () => {
        this.tabs.delete(tab);
        tab.gone();
        this.leave(tab);
      },
    };
  }

  private take(tab: HubTab, message: FromTab): void {
    switch (message.kind) {
      case 'join':
        return this.join(tab, message.who);
      case 'leave':
        return this.leave(tab);
      case 'had':
        return tab.had(message.messages);
      case 'retry':
        return this.watching?.retryNow();
      case 'signed-out':
        return this.endSession(tab, 'You signed out.');
      case 'open':
        return tab.open(message);
      case 'taken':
        return tab.taken(message.stream, message.bytes);
      case 'close':
        return tab.close(message.stream);
    }
  }

  private join(tab: HubTab, who: string): void {
    if (this.who !== '' && who !== this.who) this.endSession(tab, 'Somebody else signed in.');
    this.who = who;
    this.flush();
    this.joined.add(tab);
    if (!this.watching || this.state.phase === 'stopped') this.begin();
    tab.tellState(this.state);
    tab.tellAll();
  }

  private leave(tab: HubTab): void {
    this.joined.delete(tab);
    if (this.joined.size > 0) return;
    this.stop();
    // Nobody would keep it up to date.
    this.store.clear();
  }

  /** Nothing of a session outlives it: not its data, and not its connection. */
  private endSession(by: HubTab, why: string): void {
    this.stop();
    this.store.clear();
    this.fresh = [];
    this.who = '';
    this.joined.clear();
    this.parts.link.reset(why);
    for (const tab of this.tabs) if (tab !== by) tab.tellOver();
  }

  private begin(): void {
    this.stop();
    this.state = idleLiveState;
    // What a watch says that was stopped on purpose is no news.
    const run = ++this.runs;
    this.watching = this.parts.watch({
      topics: EVERY_TOPIC,
      onBegin: (resumed) => {
        this.flush();
        this.store.begin(resumed);
        for (const tab of this.joined) tab.tellBegin(resumed);
      },
      onEvent: (event, message) => {
        const bytes = receivedBytes(message)?.slice() ?? toBinary(LiveWatchResponseSchema, message);
        this.store.take(event, bytes);
        if (this.fresh.push(bytes) === 1) this.parts.soon(() => this.flush());
      },
      onState: (state) => {
        if (run === this.runs) this.become(state);
      },
    });
  }

  private become(state: LiveState): void {
    this.flush();
    if (state.phase === 'stale') this.parts.link.reset();
    this.state = state;
    for (const tab of this.joined) tab.tellState(state);
  }

  private flush(): void {
    const events = this.fresh;
    this.fresh = [];
    if (events.length > 0) for (const tab of this.joined) tab.tellEvents(events);
  }

  private stop(): void {
    this.runs += 1;
    this.watching?.stop();
    this.watching = undefined;
  }
}
