import { fromBinary } from '@bufbuild/protobuf';
import { LiveWatchResponseSchema } from '@ostler/contracts';
import { AsyncQueue, type Clock, systemClock, type Timer } from '@ostler/kernel';
import {
  cut,
  errorOf,
  idleLiveState,
  type LiveState,
  type LiveWatch,
  type StreamLink,
  type WatchLiveOptions,
} from '@ostler/sdk';
import type { FromTab, ToTab } from './hub-messages';

/** What a tab speaks to its hub through: a port of a shared worker, or of the page itself. */
export type HubPort = Pick<MessagePort, 'postMessage' | 'onmessage' | 'close'>;

export type HubWatchOptions = Pick<WatchLiveOptions, 'onBegin' | 'onEvent' | 'onState'> & {
  /** Uid of the person: nobody is told what another one may see. */
  readonly who: string;
};

/** The hub passes on a word every 10 s while it is live; silent for longer, it is no more. */
const SILENT_AFTER_MS = 40_000;

/** A tab's end of the hub: its live watch, and its streams. */
export class HubClient implements StreamLink {
  private sessionOver: (() => void) | undefined;
  private port: HubPort;
  private watching: HubWatchOptions | undefined;
  private state = idleLiveState;
  private silence: Timer | undefined;
  private last = 0;
  private readonly inboxes = new Map<number, AsyncQueue<Uint8Array>>();

  /** @param lock held as long as this tab lives */
  constructor(
    private readonly connect: () => HubPort,
    private readonly lock: string,
    private readonly clock: Clock = systemClock,
  ) {
    this.port = this.newPort();
  }

  watch(options: HubWatchOptions): LiveWatch {
    this.watching = options;
    this.join();
    // A getter would be read too early: the state changes under way.
    const state = (): LiveState => this.state;
    return {
      get state() {
        return state();
      },
      retryNow: () => this.say({ kind: 'retry' }),
      stop: () => {
        if (this.watching !== options) return;
        this.watching = undefined;
        this.silence?.cancel();
        this.say({ kind: 'leave' });
      },
    };
  }

  /** Calls back when the person signed out in another tab, or somebody else signed in. */
  whenSessionOver(run: () => void): () => void {
    this.sessionOver = run;
    return () => {
      if (this.sessionOver === run) this.sessionOver = undefined;
    };
  }

  /** To be told when the person has signed out here: every other tab follows. */
  signedOut(): void {
    this.say({ kind: 'signed-out' });
  }

  /** The browser put the page aside, or took it out again. */
  putAside(isAside: boolean): void {
    if (isAside) this.say({ kind: 'leave' });
    else if (this.watching) this.join();
  }

  async *open(method: string, request: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    signal.throwIfAborted();
    const stream = ++this.last;
    const inbox = new AsyncQueue<Uint8Array>();
    this.inboxes.set(stream, inbox);
    const stop = (): void => inbox.close(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    this.say({ kind: 'open', stream, method, request });
    try {
      for await (const bytes of inbox) {
        yield bytes;
        this.say({ kind: 'taken', stream, bytes: bytes.length });
      }
    } finally {
      signal.removeEventListener('abort', stop);
      if (this.inboxes.delete(stream)) this.say({ kind: 'close', stream });
    }
  }

  private join(): void {
    this.armSilence();
    this.say({ kind: 'join', who: this.watching?.who ?? '', lock: this.lock });
  }

  private newPort(): HubPort {
    const port = this.connect();
    port.onmessage = ({ data }: MessageEvent<ToTab>) => {
      if (port === this.port) this.take(data);
    };
    return port;
  }

  private take(message: ToTab): void {
    if (this.watching) this.armSilence();
    switch (message.kind) {
      case 'state':
        return this.become(message.state);
      case 'begin':
        return this.watching?.onBegin(message.resumed);
      case 'events':
        return this.takeEvents(message.events);
      case 'session-over':
        return this.sessionOver?.();
      case 'message':
        return void this.inboxes.get(message.stream)?.push(message.bytes);
      case 'end':
        return this.endStream(message);
    }
  }

  private takeEvents(events: readonly Uint8Array[]): void {
    for (const bytes of events) {
      const message = fromBinary(LiveWatchResponseSchema, bytes);
      this.watching?.onEvent(message.event, message);
    }
    this.say({ kind: 'had', messages: 1 });
  }

  private endStream({ end }: Extract<ToTab, { kind: 'end' }>): void {
    const inbox = this.inboxes.get(end.stream);
    this.inboxes.delete(end.stream);
    inbox?.close(end.code === 0 ? undefined : errorOf(end));
  }

  private become(state: LiveState): void {
    this.state = state;
    this.watching?.onState?.(state);
  }

  /** The hub says every try and every beat, so a silent one was ended by the browser: begin another. */
  private armSilence(): void {
    this.silence?.cancel();
    this.silence = this.clock.after(SILENT_AFTER_MS, () => {
      this.become({
        ...this.state,
        phase: 'stale',
        offlineSince: this.state.lastEventAt ?? this.clock.now(),
      });
      this.port.onmessage = null;
      this.port.close();
      for (const inbox of this.inboxes.values()) inbox.close(cut('This browser ended the connection.'));
      this.inboxes.clear();
      this.port = this.newPort();
      if (this.watching) this.join();
    });
  }

  private say(message: FromTab): void {
    this.port.postMessage(message);
  }
}
