import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { Kind, type ListResponse, ListResponseSchema } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { execute, query } from '../../platform/db';
import { type Engine, helloSite, requestId, startEngine } from '../engine.fixture';
import { byIndexSql, type ListFilter, pageOf } from './list.repository';

let engine: Engine;
/** Before the database counted what had just come. */
let planWithoutStatistics: string;

beforeAll(async () => {
  engine = await startEngine();
  const server = await engine.addServer('web-1');
  await engine.addServer('web-2');
  await engine.resources.apply({ requestId: requestId(), resources: [helloSite('s0')] });
  await engine.system(async () => {
    await execute(manySites);
    await execute(
      `insert into placement (resource_uid, server_uid, tenant_uid, server_tenant_uid, generation)
       select uid, $1, tenant_uid, tenant_uid, 1 from resource on conflict do nothing`,
      [server],
    );
  });
  planWithoutStatistics = await planOfPage();
  // As the owner: the pool's connections have the role of the app.
  await engine.db.database.dataSource.query('reset role; analyze; set role ostler_app');
}, 60_000);
afterAll(() => engine.close());

const manySites = `insert into resource (uid, tenant_uid, kind, name, labels, generation, resource_version, spec, spec_schema,
    spec_sha256, search_text)
  select gen_random_uuid(), tenant_uid, kind, 's' || n, jsonb_build_object('env', case when n % 2 = 0 then 'prod' else 'test' end),
    1, n, spec, 1, spec_sha256, 's' || n || ' s' || n || '.example'
  from resource, generate_series(1, 9999) as n where name = 's0'`;

async function planOf(sql: string, parameters: unknown[]): Promise<string> {
  const rows = await engine.db.unitOfWork.asTenant([engine.tenantUid], () =>
    query<object>(`explain ${sql}`, parameters),
  );
  return rows.map((row) => Object.values(row).join('')).join('\n');
}

/** Of a page in the middle of the list, as it is read. */
function planOfPage(filter: Partial<ListFilter> = {}): Promise<string> {
  const { text, parameters, byIndex } = pageOf({
    tenantUids: [engine.tenantUid],
    kind: Kind.SITE,
    labels: {},
    search: '',
    server: '',
    after: { kind: Kind.SITE, name: 's5', uid: engine.tenantUid },
    limit: 101,
    ...filter,
  });
  return engine.db.unitOfWork.readAsTenant([engine.tenantUid], async () => {
    if (byIndex) await query(byIndexSql);
    const rows = await query<object>(`explain (analyze, costs off, timing off) ${text}`, parameters);
    return rows.map((row) => Object.values(row).join('')).join('\n');
  });
}

test('a page is read in the order of an index, also while statistics know nothing of what just came', async () => {
  for (const plan of [planWithoutStatistics, await planOfPage()]) {
    expect(plan).toMatch(/Index Scan using resource_tenant_uid_kind_name_uid_idx on resource r .*rows=101/);
    expect(plan).not.toMatch(/Sort/);
  }
});

test.each<[string, (tenantUid: string) => Partial<ListFilter>]>([
  ['of all', () => ({})],
  ['with a label', () => ({ labels: { env: 'prod' } })],
  ['with a text', () => ({ search: 'example' })],
  ['on a server', () => ({ server: 'web-1' })],
  ['of several tenants', (uid) => ({ tenantUids: [uid, uid] })],
])('to find a page %s nothing is counted', async (_what, filter) => {
  const plan = await planOfPage(filter(engine.tenantUid));
  expect(plan).toMatch(/Limit \(actual rows=101/);
  expect(plan).not.toMatch(/Aggregate|placement_status/);
});

test('a page among 10,000 is read from an index in its order, one resource by its name', async () => {
  const page = await planOf(
    'select * from resource r where r.tenant_uid = $1 order by r.kind, r.name, r.uid limit 20',
    [engine.tenantUid],
  );
  expect(page).toMatch(/Index Scan using/);
  expect(page).not.toMatch(/Sort|Seq Scan/);
  const one = await planOf(`select * from resource r where r.kind = 1 and r.name = 's500'`, []);
  expect(one).toMatch(/Index Scan using/);
  const changes = await planOf(
    'select * from resource r where r.resource_version > 9990 order by r.resource_version',
    [],
  );
  expect(changes).toMatch(/Index Scan (using|on)/);
});

const saying = (body: string) =>
  ({ handler: { answer: { case: 'fixedResponse', value: { status: 200, body } } } }) as const;

function late(name: string) {
  const site = helloSite(name, { placement: { server: 'web-2' } });
  site.meta!.labels = { env: 'prod' };
  return site;
}

test('pages give each resource once, while others come and go', async () => {
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await engine.resources.list({ pageSize: 997, pageToken, labels: { env: 'prod' } });
    seen.push(...page.resources.map(({ meta }) => meta!.name));
    pageToken = page.nextPageToken;
    // One that was given goes, one that sorts behind comes.
    await engine.system(() =>
      execute('delete from resource where name = $1', [page.resources[0]!.meta!.name]),
    );
    await engine.resources.apply({ requestId: requestId(), resources: [late(`z${seen.length}`)] });
  } while (pageToken !== '');
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.filter((name) => name.startsWith('s'))).toHaveLength(4999);
});

/** As a script with curl asks. */
async function listInJson(request: object): Promise<ListResponse> {
  const answer = await fetch(`${engine.url}/ostler.api.v1.ResourceService/List`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${engine.token}` },
    body: JSON.stringify(request),
  });
  return fromJson(ListResponseSchema, (await answer.json()) as JsonValue);
}

test('an answer in binary, with specs as they are stored, is the answer in JSON', async () => {
  const binary = await engine.resources.list({ pageSize: 20, withPlacements: true });
  expect(binary.resources.map(({ spec }) => spec.case)).toEqual(Array(20).fill('site'));
  expect(binary.resources[0]!.$unknown).toBeUndefined();
  expect(binary).toEqual(await listInJson({ pageSize: 20, withPlacements: true }));
  const { resource } = await engine.resources.get({ kind: Kind.SITE, name: 's1' });
  expect(resource).toEqual(binary.resources.find(({ meta }) => meta!.name === 's1'));
});

test('what was read before is not read again until it has a new version', async () => {
  const labelled = { kind: Kind.SITE, name: 's2' };
  await engine.resources.get(labelled);
  const setName = (more: string) =>
    engine.system(() => execute(`update resource set display_name = 'Second'${more} where name = 's2'`));
  await setName('');
  expect((await engine.resources.get(labelled)).resource?.meta?.displayName).toBe('');
  await setName(', resource_version = resource_version + 100000');
  expect((await engine.resources.get(labelled)).resource?.meta?.displayName).toBe('Second');
});

test('a spec of any length is passed on whole', async () => {
  for (const length of [1, 90, 200, 20_000]) {
    const site = helloSite('long', { placement: { server: 'web-2' }, ...saying('x'.repeat(length)) });
    await engine.resources.apply({ requestId: requestId(), resources: [site] });
    const { resource } = await engine.resources.get({ kind: Kind.SITE, name: 'long' });
    expect(resource?.spec.value).toMatchObject(saying('x'.repeat(length)));
  }
});

test('a token belongs to its list', async () => {
  const { nextPageToken } = await engine.resources.list({ pageSize: 1 });
  await expect(
    engine.resources.list({ pageSize: 1, kind: Kind.SITE, pageToken: nextPageToken }),
  ).rejects.toThrow(/pageToken/);
  await expect(engine.resources.list({ pageToken: 'AAAA' })).rejects.toThrow(/pageToken/);
});

test('search takes its text literally', async () => {
  expect(
    (await engine.resources.list({ search: 'S777.EXAMPLE' })).resources.map(({ meta }) => meta!.name),
  ).toEqual(['s777']);
  expect((await engine.resources.list({ search: 's%7' })).total).toBe(0);
  expect((await engine.resources.list({ search: '_' })).total).toBe(0);
});

test('a server that carries too many resources takes no more', async () => {
  const more = engine.resources.apply({ requestId: requestId(), resources: [helloSite('more')] });
  await expect(more).rejects.toThrow(/Server web-1 would carry .* 5000 is the most/);
});
