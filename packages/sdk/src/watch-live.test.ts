import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect';
import { LiveService, LiveWatchRequest_Topic as Topic, type LiveWatchResponse } from '@ostler/contracts';
import { AsyncQueue, Backoff, type Clock } from '@ostler/kernel';
import { expect, test, vi } from 'vitest';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LiveWatchResponseSchema } from '@ostler/contracts';
import { createOstler } from './client';
import { type LiveEvent, watchLive } from './watch-live';

type Said = MessageInitShape<typeof LiveWatchResponseSchema>;
const synced: Said = { event: { case: 'synced', value: {} } };
const alive: Said = { event: { case: 'alive', value: {} } };
const removed = (uid: string): Said => ({ event: { case: 'serverRemoved', value: uid } });

/** A clock whose timers run only when the test moves it. */
function heldClock() {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(delayMs, run) {
      const timer = { at: now + delayMs, run };
      timers.push(timer);
      return { cancel: () => (timers = timers.filter((other) => other !== timer)) };
    },
  };
  const advance = (ms: number): void => {
    now += ms;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { run } of due) run();
  };
  return { clock, advance };
}

function start() {
  const streams: AsyncQueue<Said>[] = [];
  const transport = createRouterTransport(({ service }) =>
    service(LiveService, {
      watch: (_request, { signal }): AsyncIterable<Said> => {
        const queue = new AsyncQueue<Said>();
        signal.addEventListener('abort', () => queue.close());
        streams.push(queue);
        return queue;
      },
    }),
  );
  const { clock, advance } = heldClock();
  const seen: (LiveEvent['case'] | 'begin')[] = [];
  const phases: string[] = [];
  const watch = watchLive(createOstler({ transport }), {
    topics: [Topic.SERVERS],
    clock,
    backoff: new Backoff({ firstMs: 1000, mostMs: 8000, random: () => 1 }),
    onBegin: () => seen.push('begin'),
    onEvent: (event: LiveWatchResponse['event']) => seen.push(event.case),
    onState: ({ phase }) => phases.at(-1) !== phase && phases.push(phase),
  });
  return { streams, advance, seen, phases, watch };
}

test('events pass in order, heartbeats only move the time of the last event', async () => {
  const { streams, advance, seen, watch } = start();
  await vi.waitFor(() => expect(streams).toHaveLength(1));
  streams[0]!.push(removed('a'));
  streams[0]!.push(synced);
  await vi.waitFor(() => expect(watch.state.phase).toBe('live'));
  advance(10_000);
  streams[0]!.push(alive);
  await vi.waitFor(() => expect(watch.state.lastEventAt).toBe(10_000));
  expect(seen).toEqual(['begin', 'serverRemoved', 'synced']);
  watch.stop();
});

test('a stream that ends is opened again after the back-off and begins anew', async () => {
  const { streams, advance, seen, watch } = start();
  await vi.waitFor(() => expect(streams).toHaveLength(1));
  streams[0]!.push(synced);
  streams[0]!.close(new ConnectError('gone', Code.Unavailable));
  await vi.waitFor(() => expect(watch.state.phase).toBe('waiting'));
  expect(watch.state).toMatchObject({ offlineSince: 0, retryAt: 1000 });
  advance(999);
  expect(streams).toHaveLength(1);
  advance(1);
  await vi.waitFor(() => expect(streams).toHaveLength(2));
  streams[1]!.push(synced);
  await vi.waitFor(() => expect(watch.state).toMatchObject({ phase: 'live', offlineSince: undefined }));
  expect(seen).toEqual(['begin', 'synced', 'begin', 'synced']);
  watch.stop();
});

test('25 s of silence is stale, and the stream is opened again', async () => {
  const { streams, advance, phases, watch } = start();
  await vi.waitFor(() => expect(streams).toHaveLength(1));
  streams[0]!.push(synced);
  await vi.waitFor(() => expect(watch.state.phase).toBe('live'));
  advance(25_000);
  await vi.waitFor(() => expect(watch.state.phase).toBe('waiting'));
  expect(phases).toEqual(['syncing', 'live', 'stale', 'waiting']);
  expect(watch.state.offlineSince).toBe(0);
  watch.retryNow();
  await vi.waitFor(() => expect(streams).toHaveLength(2));
  watch.stop();
});

test('an error that waiting cannot heal ends the watch', async () => {
  const { streams, watch } = start();
  await vi.waitFor(() => expect(streams).toHaveLength(1));
  streams[0]!.close(new ConnectError('sign in', Code.Unauthenticated));
  await vi.waitFor(() => expect(watch.state.phase).toBe('stopped'));
  expect(watch.state.error?.reasonName).toBe('UNAUTHENTICATED');
});
