import { create } from '@bufbuild/protobuf';
import { Kind, WatchResponse_Type as Type, type WatchResponse, WatchRequestSchema } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { query } from '../../platform/db';
import { type Engine, helloSite, requestId, startEngine } from '../engine.fixture';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.addServer('web-1');
});
afterAll(() => engine.close());

const apply = (name: string, body = '') =>
  engine.resources.apply({
    requestId: requestId(),
    resources: [
      helloSite(name, { handler: { answer: { case: 'fixedResponse', value: { status: 200, body } } } }),
    ],
  });

/** Collects a watch until the condition holds, beside the test. */
function collect(
  request: object,
  until: (seen: readonly WatchResponse[]) => boolean,
): Promise<WatchResponse[]> {
  const watching = collectNow(request, until);
  // A failure is told where it is awaited.
  watching.catch(() => undefined);
  return watching;
}

async function collectNow(
  request: object,
  until: (seen: readonly WatchResponse[]) => boolean,
): Promise<WatchResponse[]> {
  const stop = new AbortController();
  const seen: WatchResponse[] = [];
  const timer = setTimeout(() => stop.abort(), 28_000);
  try {
    for await (const response of engine.resources.watch(create(WatchRequestSchema, request), {
      signal: stop.signal,
    })) {
      seen.push(response);
      if (until(seen)) return seen;
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  throw new Error(`the watch ended after ${seen.length} responses`);
}

test('gives the list, a bookmark, changes and removals', async () => {
  await apply('first');
  const watching = collect({}, (seen) => seen.some(({ type }) => type === Type.REMOVED));
  await engine.resources.get({ kind: Kind.SITE, name: 'first' });
  await apply('second');
  const { results } = await apply('second', 'changed');
  await engine.resources.delete({ requestId: requestId(), kind: Kind.SITE, name: 'second' });
  const { uid } = results[0]!.resource!.meta!;
  await engine.manifests.status((await serverUid())!, [reportOf(uid)]);
  const seen = await watching;
  expect(seen[0]).toMatchObject({ type: Type.PRESENT, resource: { meta: { name: 'first' } } });
  expect(seen.findIndex(({ type }) => type === Type.BOOKMARK)).toBeGreaterThan(0);
  expect(seen.at(-1)).toMatchObject({ type: Type.REMOVED, resource: { meta: { uid, name: 'second' } } });
});

test('from a version on, misses nothing while many write at once', async () => {
  const { resourceVersion } = await engine.resources.list({});
  const names = Array.from({ length: 8 }, (_, index) => `burst-${index}`);
  const last = new Map<string, bigint>();
  const watching = collect({ sinceVersion: resourceVersion }, (seen) => {
    const reached = new Map(
      seen
        .filter(({ resource }) => resource)
        .map(({ resource }) => [resource!.meta!.name, resource!.meta!.generation]),
    );
    return (
      last.size === names.length && [...last].every(([name, generation]) => reached.get(name) === generation)
    );
  });
  const writers = names.map(async (name) => {
    for (let round = 1; round <= 5; round++) await apply(name, `round ${round}`);
  });
  await Promise.all(writers);
  for (const name of names) last.set(name, 5n);
  await apply('wake-up');
  const seen = await watching;
  const versions = seen.map((response) => response.resourceVersion);
  expect(versions).toEqual([...versions].toSorted((a, b) => (a < b ? -1 : Number(a > b))));
});

test('what was missed while away comes with the version that was kept, removals too', async () => {
  await apply('gone');
  const { resourceVersion } = await engine.resources.list({});
  const { resource } = await engine.resources.get({ kind: Kind.SITE, name: 'gone' });
  await engine.resources.delete({ requestId: requestId(), kind: Kind.SITE, name: 'gone' });
  await engine.manifests.status((await serverUid())!, [reportOf(resource!.meta!.uid)]);
  const seen = await collect({ sinceVersion: resourceVersion, name: 'gone', kind: Kind.SITE }, (all) =>
    all.some(({ type }) => type === Type.REMOVED),
  );
  expect(seen.filter(({ type }) => type !== Type.BOOKMARK)).toHaveLength(1);
});

test('a server that goes away makes its resources Unknown for watchers, with the last known value beside it', async () => {
  const { resourceVersion } = await engine.resources.list({});
  const watching = collect({ sinceVersion: resourceVersion, name: 'first', kind: Kind.SITE }, (seen) =>
    seen.some(({ type }) => type === Type.CHANGED),
  );
  const uid = (await serverUid())!;
  await engine.system(() => query('update server set state = 2 where uid = $1', [uid]));
  await engine.servers.connectionChanged(uid);
  const changed = (await watching).find(({ type }) => type === Type.CHANGED)!;
  expect(changed.resource!.status).toMatchObject({
    conditions: [{ reason: 'SERVER_UNREACHABLE' }],
    placementStatuses: [{ stale: true }],
  });
});

test('servers that go away together are one change of what they share, and those that did not are none', async () => {
  const uids = [await engine.addServer('pair-1', { labels: { pair: 'yes' } })];
  uids.push(await engine.addServer('pair-2', { labels: { pair: 'yes' } }));
  const shared = helloSite('shared', { placement: { selector: { pair: 'yes' } } });
  await engine.resources.apply({ requestId: requestId(), resources: [shared] });
  const versionOf = async () => {
    const { resource } = await engine.resources.get({ kind: Kind.SITE, name: 'shared' });
    return resource!.meta!.resourceVersion;
  };
  const before = await versionOf();
  await engine.servers.connectionsChanged(uids, async (of) => {
    await query('update server set state = 2 where uid = any ($1)', [of]);
    return of;
  });
  expect(await versionOf()).toBe(before + 1n);
  await engine.servers.connectionsChanged(uids, () => Promise.resolve([]));
  expect(await versionOf()).toBe(before + 1n);
});

async function serverUid(): Promise<string | undefined> {
  const rows = await engine.system(() => query<{ uid: string }>('select uid from server'));
  return rows[0]?.uid;
}

const reportOf = (uid: string) => ({
  $typeName: 'ostler.link.v1.PlacementReport' as const,
  uid,
  kind: Kind.SITE,
  observedGeneration: 0n,
  observedEpoch: 0n,
  conditions: [],
  removed: true,
  drift: [],
  detail: { case: undefined },
});
