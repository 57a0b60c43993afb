import { Kind } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { execute, query } from '../platform/db';
import { ResourceCleanUp } from './clean-up.loop';
import { type Engine, helloSite, requestId, startEngine } from './engine.fixture';

let engine: Engine;
let cleanUp: ResourceCleanUp;

beforeAll(async () => {
  engine = await startEngine();
  cleanUp = engine.app.get(ResourceCleanUp, { strict: false });
});
afterAll(() => engine.close());

const guarded = (name: string) =>
  helloSite(name, {
    // On no server, so that a deletion is done at once.
    placement: { selector: { role: 'none' } },
    basicAuth: { realm: '', users: [{ username: 'ali', password: { value: `secret of ${name}` } }] },
  });
const secrets = async () =>
  (
    await engine.system(() =>
      query<{ name: string }>(
        `select distinct v.name from secret s join revision v on v.resource_uid = s.resource_uid`,
      ),
    )
  ).map(({ name }) => name);
const remove = (name: string) => engine.resources.delete({ requestId: requestId(), kind: Kind.SITE, name });
const age = (days: number, name: string) =>
  engine.system(async () => {
    await execute(
      `update secret set created_at = now() - make_interval(days => $1) where resource_uid in
       (select resource_uid from revision where name = $2)`,
      [days, name],
    );
    await execute(
      `update resource_removal set removed_at = now() - make_interval(days => $1) where name = $2`,
      [days, name],
    );
  });

test('secrets go a week after their resource; those of one that is there stay, however old', async () => {
  await engine.resources.apply({
    requestId: requestId(),
    resources: [guarded('old'), guarded('new'), guarded('stays')],
  });
  await remove('old');
  await remove('new');
  await age(8, 'old');
  await age(400, 'stays');
  while (await cleanUp.removeSecrets()) continue;
  expect((await secrets()).sort()).toEqual(['new', 'stays']);
});

test('a watch that was away too long is told to begin anew, and any other misses nothing', async () => {
  const version = async () => (await engine.resources.list({ pageSize: 1 })).resourceVersion;
  const names = async () =>
    (await engine.system(() => query<{ name: string }>('select name from resource_removal order by 1'))).map(
      ({ name }) => name,
    );
  const before = await version();
  await engine.resources.apply({
    requestId: requestId(),
    resources: ['one', 'two', 'three'].map((name) => guarded(name)),
  });
  await remove('one');
  await remove('two');
  const between = await version();
  await remove('three');
  for (const name of ['old', 'new', 'one', 'two']) await age(31, name);
  while (await cleanUp.removeRemovals()) continue;
  expect(await names()).toEqual(['three', 'two']);

  const watch = (sinceVersion: bigint) => engine.resources.watch({ sinceVersion })[Symbol.asyncIterator]();
  await expect(watch(before).next()).rejects.toThrow('begin anew with 0');
  const { value } = await watch(between).next();
  expect(value?.resource?.meta?.name).toBe('three');
});
