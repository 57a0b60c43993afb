import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { LiveWatchRequest_Topic as Topic, LiveWatchResponseSchema } from '@ostler/contracts';
import { AsyncQueue } from '@ostler/kernel';
import {
  explainError,
  idleLiveState,
  type LiveEvent,
  type LivePhase,
  type WatchLiveOptions,
} from '@ostler/sdk';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { HubClient, type HubPort } from './hub-client';
import type { FromTab } from './hub-messages';
import { LiveHub } from './live-hub';

/** A watch that the test drives. */
interface Driven {
  readonly options: WatchLiveOptions;
  stopped: boolean;
}

let watches: Driven[];
let resets: (string | undefined)[];
let streams: AsyncQueue<Uint8Array>[];
let hub: LiveHub;

beforeEach(() => {
  watches = [];
  resets = [];
  streams = [];
  hub = new LiveHub({
    link: {
      reset: (why) => void resets.push(why),
      open: (_method, _request, signal) => {
        const queue = new AsyncQueue<Uint8Array>();
        signal.addEventListener('abort', () => queue.close());
        streams.push(queue);
        return queue;
      },
    },
    watch: (options) => {
      const driven: Driven = { options, stopped: false };
      watches.push(driven);
      return { state: idleLiveState, retryNow: () => undefined, stop: () => void (driven.stopped = true) };
    },
    soon: queueMicrotask,
  });
});

/** As short as it can be told: a name, or a name that is gone. */
function textOf(event: LiveEvent): string {
  if (event.case === 'waitingServerChanged' || event.case === 'serverChanged') return event.value.uid;
  return typeof event.value === 'string' ? `-${event.value}` : (event.case ?? '');
}

/** A tab, and what it was told. */
function openTab(who = 'ada') {
  const seen: string[] = [];
  const phases: LivePhase[] = [];
  let frozen: (() => void)[] | undefined;
  let gone: () => void = () => undefined;
  const connect = (): HubPort => {
    const port: HubPort = { postMessage: () => undefined, onmessage: null, close: () => undefined };
    const deliver = (message: unknown): void => {
      const run = (): void =>
        port.onmessage?.call(port as never, { data: structuredClone(message) } as never);
      if (frozen) frozen.push(run);
      else run();
    };
    const tab = hub.add(deliver);
    gone = tab.gone;
    port.postMessage = (message: unknown) => tab.take(structuredClone(message) as FromTab);
    return port;
  };
  const client = new HubClient(connect, 'lock');
  client.whenSessionOver(() => seen.push('over'));
  const watch = client.watch({
    who,
    onBegin: (resumed) => seen.push(`begin ${resumed.join()}`.trim()),
    onEvent: (event) => seen.push(textOf(event)),
    onState: ({ phase }) => phases.push(phase),
  });
  const freeze = (): void => void (frozen = []);
  const thaw = (): void => {
    const late = frozen ?? [];
    frozen = undefined;
    for (const run of late) run();
  };
  return { client, seen, phases, watch, freeze, thaw, gone: () => gone() };
}

const driven = (): WatchLiveOptions => watches.at(-1)!.options;

function tell(event: LiveEvent): void {
  const message = create(LiveWatchResponseSchema, { event });
  driven().onEvent(message.event, message);
}
const removed = (uid: string): void => tell({ case: 'serverRemoved', value: uid });
const synced = (): void =>
  tell(create(LiveWatchResponseSchema, { event: { case: 'synced', value: {} } }).event);
const become = (phase: LivePhase): void => driven().onState?.({ ...idleLiveState, phase });
const changed = (uid: string): void =>
  tell(create(LiveWatchResponseSchema, { event: { case: 'waitingServerChanged', value: { uid } } }).event);

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('the hub', () => {
  it('has one watch for ten tabs, each of which is told everything', async () => {
    const tabs = Array.from({ length: 10 }, () => openTab());
    driven().onBegin([]);
    changed('a');
    synced();
    become('live');
    removed('b');
    await settled();
    expect(watches).toHaveLength(1);
    for (const { seen, phases } of tabs) {
      expect(seen.slice(-4)).toEqual(['begin', 'a', 'synced', '-b']);
      expect(phases.at(-1)).toBe('live');
    }
  });

  it('gives a tab that comes later what it knows, without asking anybody', async () => {
    openTab();
    driven().onBegin([]);
    changed('a');
    changed('b');
    synced();
    tell({ case: 'waitingServerRemoved', value: 'a' });
    const late = openTab();
    expect(late.seen).toEqual(['begin', 'b', 'synced']);
    expect(watches).toHaveLength(1);
  });

  it('keeps what goes on where it was cut, and forgets the rest', async () => {
    openTab();
    driven().onBegin([]);
    changed('a');
    tell(create(LiveWatchResponseSchema, { event: { case: 'serverChanged', value: { uid: 's' } } }).event);
    synced();
    driven().onBegin([Topic.SERVERS]);
    synced();
    expect(openTab().seen).toEqual(['begin', 's', 'synced']);
  });

  it('ends when the last tab leaves, and begins anew with the next', () => {
    const [one, two] = [openTab(), openTab()];
    one.watch.stop();
    expect(watches[0]?.stopped).toBe(false);
    two.gone();
    expect(watches[0]?.stopped).toBe(true);
    openTab();
    expect(watches).toHaveLength(2);
  });

  it('cuts a connection that was silent for too long', () => {
    openTab();
    become('stale');
    expect(resets).toEqual([undefined]);
  });

  it('tells a tab that was frozen the present state once, and not all that it missed', async () => {
    const [awake, asleep] = [openTab(), openTab()];
    driven().onBegin([]);
    synced();
    asleep.freeze();
    for (let count = 0; count < 2000; count++) {
      changed('a');
      await Promise.resolve();
      await Promise.resolve();
    }
    await settled();
    asleep.seen.length = 0;
    asleep.thaw();
    await vi.waitFor(() => expect(asleep.seen.slice(-3)).toEqual(['begin', 'a', 'synced']));
    expect(asleep.seen.length).toBeLessThan(600);
    expect(awake.seen.length).toBeGreaterThan(2000);
  });
});

describe('a session', () => {
  it('is over in every tab when one signs out, and nothing of it stays', () => {
    const [here, there] = [openTab(), openTab()];
    driven().onBegin([]);
    changed('secret');
    synced();
    here.client.signedOut();
    expect([here.seen.includes('over'), there.seen.at(-1)]).toEqual([false, 'over']);
    expect([watches[0]?.stopped, resets.length]).toEqual([true, 1]);
    expect(openTab('bob').seen).toEqual(['begin']);
  });

  it('is over in every other tab when somebody else signs in', () => {
    const ada = openTab('ada');
    driven().onBegin([]);
    changed('secret');
    synced();
    const bob = openTab('bob');
    expect(ada.seen.at(-1)).toBe('over');
    expect(bob.seen).toEqual(['begin']);
    expect(watches).toHaveLength(2);
  });

  it('goes on in every tab when it ended and one signs in again', () => {
    const [one, two] = [openTab(), openTab()];
    become('stopped');
    expect([one.phases.at(-1), two.phases.at(-1)]).toEqual(['stopped', 'stopped']);
    one.watch.stop();
    one.client.watch({ who: 'ada', onBegin: () => undefined, onEvent: () => undefined });
    expect(watches).toHaveLength(2);
    become('live');
    expect(two.phases.at(-1)).toBe('live');
  });
});

describe('a stream of a tab', () => {
  const read = async (client: HubClient, signal: AbortSignal): Promise<(number | string)[]> => {
    const seen: (number | string)[] = [];
    try {
      for await (const { length } of client.open('a/B', new Uint8Array(), signal)) seen.push(length);
    } catch (error) {
      seen.push(explainError(error).message);
    }
    return seen;
  };

  it('goes through the hub, to its end or its error', async () => {
    const { client } = openTab();
    const reading = [read(client, new AbortController().signal), read(client, new AbortController().signal)];
    streams[0]?.push(new Uint8Array(3));
    streams[0]?.close();
    streams[1]?.close(new ConnectError('Somebody took it away.', Code.NotFound));
    expect(await Promise.all(reading)).toEqual([[3], ['Somebody took it away.']]);
  });

  it('waits for a tab that does not read', async () => {
    const { client } = openTab();
    const stream = client.open('a/B', new Uint8Array(), new AbortController().signal);
    const first = stream.next();
    for (let count = 0; count < 100; count++) streams[0]?.push(new Uint8Array(16 * 1024));
    await first;
    await settled();
    expect(streams[0]!.size).toBeGreaterThan(80);
    await stream.return(undefined);
  });

  it('ends with its tab', async () => {
    const { client, gone } = openTab();
    void read(client, new AbortController().signal);
    gone();
    await settled();
    expect(streams[0]?.push(new Uint8Array(1))).toBe(false);
  });
});
