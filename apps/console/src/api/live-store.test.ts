import { create } from '@bufbuild/protobuf';
import {
  AuditEntrySchema,
  LiveWatchRequest_Topic as Topic,
  LiveWatchResponseSchema,
  Operation_State,
  OperationSchema,
  ResourceSchema,
  RolloutSchema,
  ServerSchema,
  WaitingServerSchema,
} from '@ostler/contracts';
import type { LiveEvent } from '@ostler/sdk';
import { expect, test } from 'vitest';
import { emptyLiveData, LiveStore, reduceLive } from './live-store';

const resource = (uid: string, resourceVersion: bigint) =>
  create(ResourceSchema, { meta: { uid, resourceVersion } });
const resourceEvent = (uid: string, version: bigint): LiveEvent => ({
  case: 'resourceChanged',
  value: resource(uid, version),
});
const serverEvent = (uid: string): LiveEvent => ({
  case: 'serverChanged',
  value: create(ServerSchema, { uid }),
});
const synced = (leftOut: Topic[] = []): LiveEvent =>
  create(LiveWatchResponseSchema, { event: { case: 'synced', value: { leftOut } } }).event;
const versions = (data: { resources: ReadonlyMap<string, { meta?: { resourceVersion: bigint } }> }) =>
  Object.fromEntries([...data.resources].map(([uid, { meta }]) => [uid, meta?.resourceVersion]));

test('an older position in the order of changes never replaces a newer one', () => {
  const data = reduceLive(emptyLiveData, [
    resourceEvent('a', 7n),
    resourceEvent('a', 5n),
    resourceEvent('b', 1n),
  ]);
  expect(versions(data)).toEqual({ a: 7n, b: 1n });
});

test('what was not touched keeps its identity, so what shows it does not render again', () => {
  const before = reduceLive(emptyLiveData, [resourceEvent('a', 1n), serverEvent('s')]);
  const after = reduceLive(before, [resourceEvent('a', 2n)]);
  expect(after.servers).toBe(before.servers);
  expect(after.audit).toBe(before.audit);
  expect(after.resources).not.toBe(before.resources);
});

test('removed things go, and what may not be read is remembered', () => {
  const data = reduceLive(emptyLiveData, [
    resourceEvent('a', 1n),
    serverEvent('s'),
    { case: 'resourceRemoved', value: 'a' },
    { case: 'serverRemoved', value: 's' },
    synced([Topic.AUDIT]),
  ]);
  expect([data.resources.size, data.servers.size, data.synced]).toEqual([0, 0, true]);
  expect([...data.leftOut]).toEqual([Topic.AUDIT]);
});

test('who waits comes and goes, and a rollout keeps its servers when it is told without them', () => {
  const waiting = create(WaitingServerSchema, { uid: 'w' });
  const rollout = (resourceVersion: bigint, servers: { serverName: string }[]): LiveEvent => ({
    case: 'rolloutChanged',
    value: create(RolloutSchema, { uid: 'r', resourceVersion, servers }),
  });
  const before = reduceLive(emptyLiveData, [
    { case: 'waitingServerChanged', value: waiting },
    rollout(2n, [{ serverName: 'web-1' }]),
  ]);
  expect([before.waiting.size, before.rollouts.get('r')?.servers.length]).toEqual([1, 1]);
  const after = reduceLive(before, [
    { case: 'waitingServerRemoved', value: 'w' },
    rollout(1n, []),
    rollout(3n, []),
  ]);
  expect([after.waiting.size, after.rollouts.get('r')?.servers.length]).toEqual([0, 1]);
  expect(after.rollouts.get('r')?.resourceVersion).toBe(3n);
});

test('the audit is kept newest first, each entry once', () => {
  const entry = (uid: string, seconds: bigint): LiveEvent => ({
    case: 'auditEntry',
    value: create(AuditEntrySchema, { uid, createdAt: { seconds } }),
  });
  const data = reduceLive(emptyLiveData, [entry('old', 1n), entry('new', 9n), entry('old', 1n)]);
  expect(data.audit.map(({ uid }) => uid)).toEqual(['new', 'old']);
});

test('a reconnect replaces everything at once, when it is whole', () => {
  const store = new LiveStore((flush) => flush());
  store.begin();
  for (const event of [resourceEvent('a', 1n), resourceEvent('b', 1n), synced()]) store.take(event);
  store.begin();
  store.take(resourceEvent('b', 2n));
  expect(versions(store.snapshot())).toEqual({ a: 1n, b: 1n });
  store.take(synced());
  expect(versions(store.snapshot())).toEqual({ b: 2n });
});

test('an operation that ended before the call that started it was answered stays ended', () => {
  const store = new LiveStore((flush) => flush());
  const operation = (state: Operation_State) => create(OperationSchema, { uid: 'o', state });
  const state = () => store.snapshot().operations.get('o')?.state;
  store.take(synced());
  store.putOperation(operation(Operation_State.PENDING));
  expect(state()).toBe(Operation_State.PENDING);
  store.take({ case: 'operationChanged', value: operation(Operation_State.FAILED) });
  for (const late of [Operation_State.PENDING, Operation_State.RUNNING]) store.putOperation(operation(late));
  expect(state()).toBe(Operation_State.FAILED);
});

test('many events are one change for those who show them', () => {
  const flushes: (() => void)[] = [];
  const store = new LiveStore((flush) => flushes.push(flush));
  store.begin();
  store.take(synced());
  let told = 0;
  store.subscribe(() => (told += 1));
  for (let version = 1n; version <= 1000n; version += 1n) store.take(resourceEvent('a', version));
  expect(flushes).toHaveLength(1);
  flushes[0]!();
  expect([told, versions(store.snapshot())]).toEqual([1, { a: 1000n }]);
});

test('the answer of a call is shown before the stream brings it, and is not undone by it', () => {
  const flushes: (() => void)[] = [];
  const store = new LiveStore((flush) => flushes.push(flush));
  store.begin();
  store.take(synced());
  store.take(resourceEvent('a', 3n));
  store.put(resource('a', 5n));
  expect(versions(store.snapshot())).toEqual({ a: 5n });
  flushes[0]!();
  expect(versions(store.snapshot())).toEqual({ a: 5n });
});

test('a stream that goes on keeps the topics that it goes on with, and replaces the others', () => {
  const store = new LiveStore((flush) => flush());
  store.begin();
  for (const event of [resourceEvent('a', 1n), serverEvent('s'), synced()]) store.take(event);
  store.begin([Topic.RESOURCES]);
  for (const event of [resourceEvent('b', 2n), synced()]) store.take(event);
  expect(versions(store.snapshot())).toEqual({ a: 1n, b: 2n });
  expect(store.snapshot().servers.size).toBe(0);
});

test('what is held stays as it is, counts what waits, and shows it afterwards', () => {
  const store = new LiveStore((flush) => flush());
  store.begin();
  for (const event of [resourceEvent('a', 1n), synced()]) store.take(event);
  const shown = store.snapshot();
  store.hold(true);
  store.take(resourceEvent('a', 2n));
  store.take(resourceEvent('b', 3n));
  expect([store.snapshot() === shown, store.heldChanges()]).toEqual([true, 2]);
  // A reconnect meanwhile.
  store.begin();
  for (const event of [resourceEvent('a', 2n), resourceEvent('c', 4n), synced()]) store.take(event);
  expect(store.snapshot()).toBe(shown);
  store.hold(false);
  expect([versions(store.snapshot()), store.heldChanges()]).toEqual([{ a: 2n, c: 4n }, 0]);
});

test('what the person does is shown at once while the view is held, and is there afterwards', () => {
  const store = new LiveStore((flush) => flush());
  store.hold(true);
  store.take(serverEvent('s'));
  store.put(resource('mine', 1n));
  expect([versions(store.snapshot()), store.snapshot().servers.size]).toEqual([{ mine: 1n }, 0]);
  store.hold(false);
  expect([versions(store.snapshot()), store.snapshot().servers.size]).toEqual([{ mine: 1n }, 1]);
});
