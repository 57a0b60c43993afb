import { createHash } from 'node:crypto';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { execute, query } from '../platform/db';
import { type Engine, eventually, helloSite, requestId, startEngine } from '../resources/engine.fixture';
import { ReleaseCleanUp } from './release-clean-up.loop';
import { buildIndex } from './release-index';
import { ReleaseRepository } from './release.repository';

let engine: Engine;
let cleanUp: ReleaseCleanUp;

beforeAll(async () => {
  engine = await startEngine();
  await engine.addServer('web-1');
  cleanUp = engine.app.get(ReleaseCleanUp, { strict: false });
});
afterAll(() => engine.close());

const bytesOf = (text: string) => Buffer.from(text);
const sha256 = (text: string) => Uint8Array.from(createHash('sha256').update(text).digest());

/** Publishes files with these contents, each under a name of its own. */
async function publish(...contents: string[]): Promise<string> {
  const files = contents.map((text, index) => ({
    path: `${index}.html`,
    size: BigInt(text.length),
    sha256: sha256(text),
  }));
  const { release } = await engine.releases.begin({ requestId: requestId(), files });
  for (const text of contents) {
    const size = BigInt(text.length);
    await engine.releases.putFile({ sha256: sha256(text), size, offset: 0n, data: bytesOf(text) });
  }
  await engine.releases.commit({ requestId: requestId(), digest: release!.digest });
  return release!.digest;
}

const serve = (release: string) =>
  engine.resources.apply({
    requestId: requestId(),
    resources: [helloSite('shop', { handler: { answer: { case: 'staticFiles', value: { release } } } })],
  });
const age = (...digests: string[]) =>
  engine.system(() =>
    execute(`update release set created_at = now() - interval '31 days' where digest = any ($1)`, [digests]),
  );
async function run(): Promise<void> {
  while (await cleanUp.removeOne()) continue;
}
const releases = () => engine.system(() => query<{ digest: string }>('select digest from release'));
const contents = () =>
  engine.system(() => query<{ sha256: Buffer }>('select sha256 from release_content order by sha256'));
const has = async (text: string) => (await contents()).some((row) => row.sha256.equals(sha256(text)));

test('a release goes when nothing uses it for a month, and takes what only it needed', async () => {
  const [used, unused, young] = [
    await publish('shared', 'of the used one'),
    await publish('shared', 'of the unused one'),
    await publish('of the young one'),
  ];
  await serve(used);
  await age(used, unused);
  await run();
  expect((await releases()).map(({ digest }) => digest).sort()).toEqual([used, young].sort());
  expect([await has('shared'), await has('of the unused one'), await has('of the young one')]).toEqual([
    true,
    false,
    true,
  ]);
});

test('the newest ten revisions keep their releases, so that a rollback finds them', async () => {
  const before = await publish('the one before');
  const now = await publish('the one that is served');
  await serve(before);
  for (let change = 0; change < 9; change++) {
    const site = helloSite('shop', {
      handler: { answer: { case: 'staticFiles', value: { release: now, cacheSeconds: change } } },
    });
    await engine.resources.apply({ requestId: requestId(), resources: [site] });
  }
  await age(before, now);
  await run();
  expect((await releases()).map(({ digest }) => digest)).toContain(before);
  await serve(now);
  await run();
  const left = (await releases()).map(({ digest }) => digest);
  expect(left).not.toContain(before);
  expect(left).toContain(now);
  // What is published again is there again, whole.
  expect(await publish('the one before')).toBe(before);
  await serve(before);
});

test('an upload that was given up goes too, and one that goes on does not', async () => {
  const files = [{ path: 'a.html', size: 5n, sha256: sha256('given') }];
  const { release } = await engine.releases.begin({ requestId: requestId(), files });
  await age(release!.digest);
  await engine.releases.begin({ requestId: requestId(), files });
  await run();
  expect((await releases()).map(({ digest }) => digest)).toContain(release!.digest);
  await age(release!.digest);
  await run();
  expect((await releases()).map(({ digest }) => digest)).not.toContain(release!.digest);
});

test('a release that begins while another is cleaned up keeps what both have', async () => {
  const repository = engine.app.get(ReleaseRepository, { strict: false });
  await age(await publish('kept by the one that begins'));
  const locked = Promise.withResolvers<void>();
  // Outside of the unit below, whose transaction it would join.
  const removing = locked.promise.then(run);
  await engine.db.unitOfWork.asTenant([engine.tenantUid], async () => {
    await repository.keepContents(engine.tenantUid);
    locked.resolve();
    // The clean-up waits for whoever publishes: its release is not visible to anybody else yet.
    await eventually(
      () => query(`select from pg_locks where locktype = 'advisory' and not granted`),
      (rows) => rows.length > 0,
    );
    const hash = Buffer.from(sha256('kept by the one that begins'));
    expect(await repository.missing(engine.tenantUid, [hash])).toEqual([]);
    const index = buildIndex([
      { $typeName: 'ostler.api.v1.ReleaseFile', path: 'b', size: 27n, sha256: hash },
    ]);
    await repository.insert(engine.tenantUid, {
      digest: index.digest,
      files: 1,
      bytes: index.totalBytes,
      index: index.bytes,
    });
  });
  await removing;
  expect(await has('kept by the one that begins')).toBe(true);
});
