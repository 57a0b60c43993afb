import type { LiveWatchRequest_Topic } from '@ostler/contracts';
import { endOf, type LiveState, type StreamLink } from '@ostler/sdk';
import { Waker } from '@ostler/kernel';
import type { FromTab, ToTab } from './hub-messages';

/** Messages with events that a tab has not worked off; a browser freezes tabs that nobody looks at. */
const MOST_UNDER_WAY = 500;
/** Events of one message: a slice of time in which a tab can decode them and still answer a key. */
const EVENTS_AT_ONCE = 500;
const STREAM_WINDOW_BYTES = 256 * 1024;

interface TabStream {
  readonly ending: AbortController;
  readonly credit: Waker;
  underWayBytes: number;
}

/** One tab at the hub: what it was told and has not worked off yet, and its own streams. */
export class HubTab {
  private readonly streams = new Map<number, TabStream>();
  private underWay = 0;
  /** It was told nothing for a while, and needs the whole present state when it is there again. */
  private isBehind = false;

  constructor(
    private readonly post: (message: ToTab) => void,
    private readonly link: StreamLink,
    private readonly snapshot: () => Iterable<Uint8Array>,
  ) {}

  /** The whole present state anew. */
  tellAll(): void {
    this.isBehind = false;
    this.underWay = 0;
    this.post({ kind: 'begin', resumed: [] });
    this.tellEvents([...this.snapshot()]);
  }

  tellBegin(resumed: readonly LiveWatchRequest_Topic[]): void {
    if (!this.isBehind) this.post({ kind: 'begin', resumed });
  }

  tellOver(): void {
    this.post({ kind: 'session-over' });
  }

  tellState(state: LiveState): void {
    this.post({ kind: 'state', state });
  }

  tellEvents(events: readonly Uint8Array[]): void {
    for (let from = 0; from < events.length && !this.isBehind; from += EVENTS_AT_ONCE) {
      this.post({ kind: 'events', events: events.slice(from, from + EVENTS_AT_ONCE) });
      this.underWay += 1;
      this.isBehind = this.underWay >= MOST_UNDER_WAY;
    }
  }

  had(messages: number): void {
    this.underWay = Math.max(0, this.underWay - messages);
    if (this.isBehind && this.underWay === 0) this.tellAll();
  }

  open({ stream, method, request }: Extract<FromTab, { kind: 'open' }>): void {
    const opened = { ending: new AbortController(), credit: new Waker(), underWayBytes: 0 };
    this.streams.set(stream, opened);
    void this.run(stream, opened, this.link.open(method, request, opened.ending.signal));
  }

  taken(stream: number, bytes: number): void {
    const open = this.streams.get(stream);
    if (!open) return;
    open.underWayBytes -= bytes;
    open.credit.poke();
  }

  close(stream: number): void {
    this.streams.get(stream)?.ending.abort();
    this.streams.delete(stream);
  }

  /** The tab is gone, with all its streams. */
  gone(): void {
    for (const stream of [...this.streams.keys()]) this.close(stream);
  }

  private async run(number: number, stream: TabStream, messages: AsyncIterable<Uint8Array>): Promise<void> {
    const { signal } = stream.ending;
    try {
      for await (const bytes of messages) {
        // A copy: what came in is a view of a whole frame, and all of that would be sent on.
        this.post({ kind: 'message', stream: number, bytes: bytes.slice() });
        stream.underWayBytes += bytes.length;
        while (stream.underWayBytes >= STREAM_WINDOW_BYTES && !signal.aborted)
          await stream.credit.wait(signal);
        if (signal.aborted) return;
      }
      this.post({ kind: 'end', end: endOf(number) });
    } catch (error) {
      if (!signal.aborted) this.post({ kind: 'end', end: endOf(number, error) });
    } finally {
      this.streams.delete(number);
    }
  }
}
