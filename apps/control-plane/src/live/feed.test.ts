import { create } from '@bufbuild/protobuf';
import { LiveWatchResponseSchema, Permission } from '@ostler/contracts';
import { FakeClock } from '@ostler/test-kit';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { Feed } from './feed';
import type { LiveSource } from './live-source';
import { Watcher } from './watcher';

/** Things with versions, as the order of changes keeps them. */
class Store implements LiveSource {
  readonly topic = 1;
  readonly permission = Permission.SIGNED_IN;
  readonly word = 'resources';
  readonly things = new Map<string, bigint>();
  reads = 0;
  failures = 0;
  private version = 0n;

  set(key: string): void {
    this.things.set(key, ++this.version);
  }

  read(_tenants: readonly string[], cursor: unknown) {
    this.reads++;
    if (this.failures-- > 0) return Promise.reject(new Error('the database is away'));
    const since = (cursor as bigint | undefined) ?? 0n;
    const events = [...this.things].flatMap(([key, version]) =>
      version > since
        ? [{ key, event: { case: 'resourceRemoved' as const, value: `${key}@${version}` } }]
        : [],
    );
    return Promise.resolve({ events, cursor: this.version, more: false });
  }
}

let store: Store;
let clock: FakeClock;
let feed: Feed;
const warnings: string[] = [];

beforeEach(() => {
  store = new Store();
  clock = new FakeClock();
  warnings.length = 0;
  feed = new Feed(store, ['tenant'], clock, (message) => warnings.push(message));
});

const taken = (watcher: Watcher) => [...watcher.take()].map(({ event }) => event.value);

async function join(): Promise<Watcher> {
  const watcher = new Watcher();
  await feed.add(watcher);
  return watcher;
}

async function changeAndPoke(...keys: string[]): Promise<void> {
  const before = store.reads;
  for (const key of keys) {
    store.set(key);
    feed.poke();
  }
  await clock.advance(20);
  await vi.waitFor(() => expect(store.reads).toBeGreaterThan(before));
}

describe('a feed', () => {
  it('gives a newcomer what is there, then only what changes', async () => {
    store.set('a');
    store.set('b');
    const watcher = await join();
    expect(taken(watcher)).toEqual(['a@1', 'b@2']);
    await changeAndPoke('b');
    await vi.waitFor(() => expect(taken(watcher)).toEqual(['b@3']));
  });

  it('reads once for many wake-ups and many watchers', async () => {
    const watchers = [await join(), await join(), await join()];
    const before = store.reads;
    await changeAndPoke(...Array.from({ length: 100 }, (_, index) => `thing-${index % 10}`));
    for (const watcher of watchers) await vi.waitFor(() => expect(taken(watcher)).toHaveLength(10));
    expect(store.reads - before).toBe(1);
  });

  it('reads the present state once for all who come together, and once more for those after them', async () => {
    for (let count = 0; count < 10; count++) store.set(`thing-${count}`);
    const watchers = Array.from({ length: 100 }, () => new Watcher());
    await Promise.all(watchers.map((watcher) => feed.add(watcher)));
    for (const watcher of watchers) expect(taken(watcher)).toHaveLength(10);
    // Each reading is one of the state, and one of what changed meanwhile.
    expect(store.reads).toBeLessThanOrEqual(4);
  });

  it('gives who goes on from a version what changed since, also beside others', async () => {
    store.set('a');
    store.set('b');
    store.set('c');
    const [early, late, fresh] = [new Watcher(), new Watcher(), new Watcher()];
    await Promise.all([feed.add(late, 2n), feed.add(early, 1n), feed.add(fresh)]);
    expect([taken(early), taken(fresh)]).toEqual([
      ['b@2', 'c@3'],
      ['a@1', 'b@2', 'c@3'],
    ]);
    expect(taken(late)).toContain('c@3');
  });

  it('does not read while nobody watches', async () => {
    const watcher = await join();
    feed.remove(watcher);
    const before = store.reads;
    store.set('a');
    feed.poke();
    await clock.advance(1_000);
    expect(store.reads).toBe(before);
  });

  it('misses nothing when a newcomer comes while it changes', async () => {
    const first = await join();
    store.set('a');
    feed.poke();
    const second = await join();
    store.set('b');
    feed.poke();
    await clock.advance(20);
    const seen = new Set<unknown>();
    await vi.waitFor(() => {
      for (const value of taken(second)) seen.add(value);
      expect([...seen]).toEqual(['a@1', 'b@2']);
    });
    expect(taken(first)).toEqual(['a@1', 'b@2']);
  });

  it('reads again after a failure, and misses nothing', async () => {
    const watcher = await join();
    store.failures = 1;
    await changeAndPoke('a');
    await vi.waitFor(() => expect(warnings).toHaveLength(1));
    await clock.advance(1_000);
    await vi.waitFor(() => expect(taken(watcher)).toEqual(['a@1']));
  });
});

describe('a slow watcher', () => {
  it('is sent the last state of each thing once', async () => {
    const watcher = await join();
    for (let round = 0; round < 5; round++) await changeAndPoke('a', 'b');
    await vi.waitFor(() => expect(store.things.get('b')).toBe(10n));
    expect(taken(watcher)).toEqual(['a@9', 'b@10']);
  });

  it('is told to connect again when it falls too far behind', () => {
    const watcher = new Watcher();
    const events = Array.from({ length: 50_001 }, (_, index) => ({
      key: String(index),
      message: create(LiveWatchResponseSchema, {
        event: { case: 'serverRemoved', value: String(index) },
      }),
    }));
    watcher.push(1, events, undefined);
    expect(() => [...watcher.take()]).toThrow('connect again');
  });
});
