import { LiveWatchRequest_Topic as Topic, Permission } from '@ostler/contracts';
import { expect, test, vi } from 'vitest';

import type { WakeWord } from '../platform/db';
import { Feeds } from './feeds';
import type { LivePage, LiveSource } from './live-source';
import { Watcher } from './watcher';

function start() {
  const words = new Map<WakeWord, Set<() => void>>();
  const wake = {
    on(word: WakeWord, run: () => void) {
      const set = words.get(word) ?? new Set();
      words.set(word, set.add(run));
      return () => void set.delete(run);
    },
  };
  const log = { warn: () => undefined };
  const metrics = { observed: () => undefined };
  const feeds = new Feeds(wake as never, log as never, metrics as never);
  const say = (word: WakeWord): void => {
    for (const run of words.get(word) ?? []) run();
  };
  return { feeds, say };
}

function source(topic: Topic, word: WakeWord, read: () => Promise<LivePage>): LiveSource {
  return { topic, permission: Permission.SIGNED_IN, word, read };
}

const page = (key: string): LivePage => ({
  events: [{ key, event: { case: 'serverRemoved', value: key } }],
  cursor: undefined,
  more: false,
});

test('who comes while the last one leaves is told what happens afterwards', async () => {
  const { feeds, say } = start();
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  let present = 'before';
  const sources = [
    source(Topic.SERVERS, 'servers', async () => {
      await gate.promise;
      return page('server');
    }),
    source(Topic.OPERATIONS, 'operations', () => Promise.resolve(page(present))),
  ];
  const first = feeds.watch(sources, ['tenant'], new Watcher());
  await first.present;
  gate = Promise.withResolvers();
  const watcher = new Watcher();
  const coming = feeds.watch(sources, ['tenant'], watcher);
  first.leave();
  gate.resolve();
  await coming.present;
  expect(new Set([...watcher.take()].map(({ event }) => event.value))).toEqual(new Set(['server', 'before']));
  present = 'after';
  say('operations');
  await vi.waitFor(() => expect([...watcher.take()].map(({ event }) => event.value)).toContain('after'));
});
