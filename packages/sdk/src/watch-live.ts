import { Backoff, type Clock, pause, systemClock, type Timer } from '@ostler/kernel';
import { ErrorReason, type LiveWatchRequest_Topic, type LiveWatchResponse } from '@ostler/contracts';
import type { Ostler } from './clients';
import { explainError } from './explain-error';
import { idleLiveState, type LiveState } from './live-state';

/** One event of the stream, `begun` and `alive` excepted. */
export type LiveEvent = LiveWatchResponse['event'];

export interface WatchLiveOptions {
  readonly topics: readonly LiveWatchRequest_Topic[];
  /**
   * A new stream begins: what follows up to `synced` is the whole present state and replaces all before it,
   * but for the topics that go on where the stream before it was cut.
   */
  readonly onBegin: (resumed: readonly LiveWatchRequest_Topic[]) => void;
  /** The message is what the event came in, for who wants its bytes. */
  readonly onEvent: (event: LiveEvent, message: LiveWatchResponse) => void;
  readonly onState?: (state: LiveState) => void;
  /** Silence after which the stream counts as dead and is opened again; the server speaks every 10 s. */
  readonly staleAfterMs?: number;
  readonly clock?: Clock;
  readonly backoff?: Backoff;
}

export interface LiveWatch {
  readonly state: LiveState;
  /** Ends a wait at once: the network came back, or a person pressed "reconnect". */
  retryNow(): void;
  stop(): void;
}

const HOPELESS: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.UNAUTHENTICATED,
  ErrorReason.TOKEN_EXPIRED,
  ErrorReason.PASSWORD_CHANGE_REQUIRED,
  ErrorReason.DENIED,
]);

/** Keeps one live stream open: reconnects with back-off, notices silence, and says where it is. */
export function watchLive(ostler: Pick<Ostler, 'live'>, options: WatchLiveOptions): LiveWatch {
  const watch = new LiveStream(ostler, options);
  void watch.run();
  return watch;
}

class LiveStream implements LiveWatch {
  state: LiveState = idleLiveState;
  private readonly clock: Clock;
  private readonly backoff: Backoff;
  private readonly staleAfterMs: number;
  private readonly stopping = new AbortController();
  private waiting = new AbortController();
  private silence: Timer | undefined;
  /** Where the last stream that was complete can go on. */
  private resume: Uint8Array = new Uint8Array();

  constructor(
    private readonly ostler: Pick<Ostler, 'live'>,
    private readonly options: WatchLiveOptions,
  ) {
    this.clock = options.clock ?? systemClock;
    this.backoff = options.backoff ?? new Backoff({ firstMs: 500, mostMs: 20_000 });
    this.staleAfterMs = options.staleAfterMs ?? 25_000;
  }

  retryNow(): void {
    this.waiting.abort();
  }

  stop(): void {
    this.stopping.abort();
    this.waiting.abort();
  }

  async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const error = await this.readOneStream();
      if (this.stopping.signal.aborted) break;
      const explained = explainError(error);
      const offlineSince = this.state.offlineSince ?? this.clock.now();
      if (HOPELESS.has(explained.reason)) {
        this.become({ phase: 'stopped', error: explained, offlineSince });
        return;
      }
      await this.waitForNextAttempt({ error: explained, offlineSince });
    }
    this.become({ phase: 'stopped', retryAt: undefined });
  }

  private async waitForNextAttempt(after: Pick<LiveState, 'error' | 'offlineSince'>): Promise<void> {
    const delayMs = this.backoff.next();
    this.waiting = new AbortController();
    this.become({ ...after, phase: 'waiting', retryAt: this.clock.now() + delayMs });
    await pause(this.clock, delayMs, this.waiting.signal);
    if (!this.stopping.signal.aborted) this.become({ phase: 'connecting', retryAt: undefined });
  }

  /** Reads until the stream ends; returns why. */
  private async readOneStream(): Promise<unknown> {
    const stream = new AbortController();
    const end = (): void => stream.abort();
    this.stopping.signal.addEventListener('abort', end, { once: true });
    try {
      this.armSilence(stream);
      const request = { topics: [...this.options.topics], resume: this.resume };
      let begun = false;
      for await (const message of this.ostler.live.watch(request, { signal: stream.signal })) {
        this.armSilence(stream);
        if (!begun) this.begin(message.event);
        begun = true;
        this.take(message);
      }
      return new Error('The control plane ended the stream.');
    } catch (error) {
      return error;
    } finally {
      this.silence?.cancel();
      this.stopping.signal.removeEventListener('abort', end);
    }
  }

  private begin(event: LiveEvent): void {
    // What was not sent to its end is no state to go on from.
    this.resume = new Uint8Array();
    this.become({ phase: 'syncing' });
    this.options.onBegin(event.case === 'begun' ? event.value.resumed : []);
  }

  private take(message: LiveWatchResponse): void {
    const { event } = message;
    const synced = event.case === 'synced';
    if (synced) this.backoff.reset();
    if ((synced || event.case === 'alive') && event.value.resume.length > 0) this.resume = event.value.resume;
    if (event.case !== 'alive' && event.case !== 'begun') this.options.onEvent(event, message);
    const lastEventAt = this.clock.now();
    if (synced) this.become({ phase: 'live', lastEventAt, offlineSince: undefined, error: undefined });
    else if (event.case === 'alive') this.become({ lastEventAt });
    else this.state = { ...this.state, lastEventAt };
  }

  private armSilence(stream: AbortController): void {
    this.silence?.cancel();
    this.silence = this.clock.after(this.staleAfterMs, () => {
      this.become({ phase: 'stale', offlineSince: this.state.lastEventAt ?? this.clock.now() });
      stream.abort();
    });
  }

  private become(change: Partial<LiveState>): void {
    this.state = { ...this.state, ...change };
    this.options.onState?.(this.state);
  }
}
