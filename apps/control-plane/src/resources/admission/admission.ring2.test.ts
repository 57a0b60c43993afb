import { ConnectError } from '@connectrpc/connect';
import {
  ApplyResult_Change as Change,
  ErrorInfoSchema,
  ErrorReason,
  Kind,
  type Resource,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { execute, query } from '../../platform/db';
import { type Engine, helloSite, requestId, selfSigned, startEngine } from '../engine.fixture';
import { Vault } from '../../platform/crypto';
import { secretPlace } from './secrets.admit';

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine();
  await engine.addServer('web-1', { labels: { role: 'web' } });
});
afterAll(() => engine.close());

const apply = (...resources: Resource[]) => engine.resources.apply({ requestId: requestId(), resources });

async function refusal(call: Promise<unknown>) {
  const error = await call.then(
    () => Promise.reject(new Error('was not refused')),
    (reason: unknown) => ConnectError.from(reason),
  );
  const [info] = error.findDetails(ErrorInfoSchema);
  return {
    message: error.message,
    reason: info?.reason,
    fields: info?.violations.map(({ field }) => field) ?? [],
  };
}

describe('all or none', () => {
  test('one bad resource keeps the others out, and the refusal names its field', async () => {
    const bad = helloSite('bad', { domains: ['1.2.3.4'] });
    expect(await refusal(apply(helloSite('good'), bad))).toMatchObject({
      reason: ErrorReason.INVALID,
      fields: ['resources[1].site.domains[0]'],
    });
    expect(await refusal(engine.resources.get({ kind: Kind.SITE, name: 'good' }))).toMatchObject({
      reason: ErrorReason.NOT_FOUND,
    });
  });

  test('what breaks the contract and what breaks the rules of the kind are told at once', async () => {
    const site = helloSite('ok', { domains: ['1.2.3.4'] });
    const bad = { ...site, meta: { ...site.meta!, name: 'Not A Name' } };
    const { reason, fields } = await refusal(apply(helloSite('twice'), bad, helloSite('twice')));
    expect(reason).toBe(ErrorReason.INVALID);
    expect(fields).toEqual([
      'resources[1].meta.name',
      'resources[1].site.domains[0]',
      'resources[2].meta.name',
    ]);
  });

  test('a reference that leads nowhere, a server that is not there, a release that is not published', async () => {
    const tls = helloSite('tls', { tls: { certificate: { kind: Kind.CERTIFICATE, name: 'none' } } });
    expect(await refusal(apply(tls))).toMatchObject({
      reason: ErrorReason.REFERENCE_MISSING,
      fields: ['resources[0].site.tls.certificate'],
    });
    const server = helloSite('server', { placement: { server: 'web-9' } });
    expect(await refusal(apply(server))).toMatchObject({
      reason: ErrorReason.REFERENCE_MISSING,
      fields: ['resources[0].site.placement.server'],
    });
    const release = helloSite('release', {
      handler: { answer: { case: 'staticFiles', value: { release: `sha256:${'a'.repeat(64)}` } } },
    });
    expect(await refusal(apply(release))).toMatchObject({
      reason: ErrorReason.INVALID,
      fields: ['resources[0].site.handler.staticFiles.release'],
    });
    const [row] = await engine.system(() =>
      query<{ count: bigint }>('select count(*) as count from resource'),
    );
    expect(row!.count).toBe(0n);
  });

  test('what only the control plane sets is refused', async () => {
    const site = helloSite('mine');
    site.meta!.uid = newUid();
    expect(await refusal(apply(site))).toMatchObject({
      reason: ErrorReason.INVALID,
      fields: ['resources[0].meta.uid'],
    });
  });

  test('resources of one call find each other in any order, and 500 fit', async () => {
    const sites = Array.from({ length: 249 }, (_, index) =>
      helloSite(`many-${index}`, { tls: { certificate: { kind: Kind.CERTIFICATE, name: `many-${index}` } } }),
    );
    const { results } = await apply(
      ...sites,
      ...sites.map(({ meta }) => selfSigned(meta!.name, `${meta!.name}.example`)),
    );
    expect(results.map(({ resource }) => resource!.meta!.name).slice(0, 3)).toEqual([
      'many-0',
      'many-1',
      'many-2',
    ]);
    expect(
      results.every(
        ({ change, resource }) => change === Change.CREATED && resource?.status?.placements === 1,
      ),
    ).toBe(true);
    const list = await engine.resources.list({ pageSize: 300, kind: Kind.CERTIFICATE });
    expect(list).toMatchObject({ total: 249, nextPageToken: '' });
  });
});

describe('generations', () => {
  test('an expected generation that is not the present one is a conflict that names both', async () => {
    await apply(helloSite('gen'));
    const stale = helloSite('gen', { redirectToPrimary: true });
    stale.meta!.generation = 7n;
    const { reason, message } = await refusal(apply(stale));
    expect(reason).toBe(ErrorReason.CONFLICT);
    expect(message).toContain('generation 1, not 7');
  });

  test('50 parallel changes of one site are 50 generations, each the one after the last', async () => {
    await apply(helloSite('busy'));
    const bodies = Array.from({ length: 50 }, (_, index) => `answer ${index}`);
    const answers = await Promise.all(
      bodies.map((body) =>
        apply(
          helloSite('busy', { handler: { answer: { case: 'fixedResponse', value: { status: 200, body } } } }),
        ),
      ),
    );
    const generations = answers
      .map(({ results }) => Number(results[0]!.resource!.meta!.generation))
      .toSorted((a, b) => a - b);
    expect(generations).toEqual(Array.from({ length: 50 }, (_, index) => index + 2));
    const { revisions } = await engine.resources.listRevisions({
      kind: Kind.SITE,
      name: 'busy',
      pageSize: 100,
    });
    expect(revisions).toHaveLength(51);
    expect(revisions[0]).toMatchObject({ generation: 51n, summary: 'changed handler.fixedResponse.body' });
  });

  test('a revert is a new generation with the old spec', async () => {
    await apply(helloSite('back'));
    await apply(helloSite('back', { domains: ['other.example'] }));
    const diff = await engine.resources.diff({ kind: Kind.SITE, name: 'back', fromGeneration: 1n });
    expect(diff.fields).toMatchObject([
      { path: 'domains[0]', before: '"back.example"', after: '"other.example"' },
    ]);
    expect(diff.afterYaml).toContain('- other.example');
    const { resource } = await engine.resources.revert({
      requestId: requestId(),
      kind: Kind.SITE,
      name: 'back',
      toGeneration: 1n,
    });
    expect(resource).toMatchObject({
      meta: { generation: 3n },
      spec: { value: { domains: ['back.example'] } },
    });
    const { revisions } = await engine.resources.listRevisions({ kind: Kind.SITE, name: 'back' });
    expect(revisions.map(({ summary }) => summary)).toEqual([
      'reverted to generation 1',
      'changed domains[0]',
      'created',
    ]);
  });
});

describe('secrets', () => {
  const guarded = (...users: { username: string; password: object }[]) =>
    helloSite('guarded', { basicAuth: { users } });
  const refs = async () => {
    const { resource } = await engine.resources.get({ kind: Kind.SITE, name: 'guarded' });
    if (resource?.spec.case !== 'site') throw new Error('a site');
    return resource.spec.value.basicAuth!.users.map(({ username, password }) => ({ username, ...password! }));
  };
  const value = (text: string) => ({ username: 'alice', password: { value: text } });

  test('become references; an equal value, or none, changes nothing; a new one is a new version', async () => {
    await apply(guarded(value('correct horse')));
    const [first] = await refs();
    expect(first).toMatchObject({ value: '', version: 1 });
    for (const same of [
      value('correct horse'),
      { username: 'alice', password: {} },
      { username: 'alice', password: { uid: first!.uid, version: 1 } },
    ]) {
      expect((await apply(guarded(same))).results[0]!.change).toBe(Change.UNCHANGED);
    }
    const { results } = await apply(guarded(value('battery staple')));
    expect(results[0]!.fields).toMatchObject([
      {
        path: 'basicAuth.users[alice].password',
        before: '"(secret, version 1)"',
        after: '"(secret, version 2)"',
      },
    ]);
    expect((await refs())[0]).toMatchObject({ uid: first!.uid, version: 2 });
  });

  test('belong to their user, not to a place in the list', async () => {
    const before = (await refs())[0]!;
    await apply(guarded({ username: 'bob', password: { value: 'b' } }, { username: 'alice', password: {} }));
    expect(await refs()).toMatchObject([
      { username: 'bob', version: 1 },
      { username: 'alice', uid: before.uid, version: 2 },
    ]);
    expect(await refusal(apply(guarded({ username: 'carol', password: {} })))).toMatchObject({
      reason: ErrorReason.INVALID,
      fields: ['resources[0].site.basicAuth.users[0].password.value'],
    });
    const stolen = { username: 'carol', password: { uid: before.uid, version: 2 } };
    expect(await refusal(apply(guarded(stolen)))).toMatchObject({
      fields: ['resources[0].site.basicAuth.users[0].password.uid'],
    });
  });

  test('are sealed in the database, reach their server alone, and come back with a revert', async () => {
    const [row] = await engine.system(() =>
      query<{ uid: string; version: number; sealed: Buffer }>(
        'select uid, version, sealed from secret order by created_at limit 1',
      ),
    );
    expect(row!.sealed.includes(Buffer.from('correct horse'))).toBe(false);
    expect(engine.app.get(Vault).open(row!.sealed, secretPlace(row!.uid, row!.version)).toString()).toBe(
      'correct horse',
    );
    expect(() => engine.app.get(Vault).open(row!.sealed, secretPlace(row!.uid, 2))).toThrow();
    const { resource } = await engine.resources.revert({
      requestId: requestId(),
      kind: Kind.SITE,
      name: 'guarded',
      toGeneration: 1n,
    });
    expect(resource?.spec.value).toMatchObject({
      basicAuth: { users: [{ password: { uid: row!.uid, version: 1 } }] },
    });
    const tables = await engine.system(() =>
      query<{ text: string }>(
        `select encode(spec, 'escape') as text from revision union all select encode(spec, 'escape') from resource union all select message from audit_entry`,
      ),
    );
    expect(tables.some(({ text }) => /correct horse|battery staple/.test(text))).toBe(false);
  });
});

describe('tenants', () => {
  test('another tenant sees nothing, may use the same name, and not a domain that is taken', async () => {
    await apply(helloSite('private'));
    const stranger = await engine.addTenant('other');
    await engine.addServer('web-1', { tenantUid: stranger.uid });
    expect(await stranger.resources.list({})).toMatchObject({ total: 0, resources: [] });
    expect(await refusal(stranger.resources.get({ kind: Kind.SITE, name: 'private' }))).toMatchObject({
      reason: ErrorReason.NOT_FOUND,
    });
    const taken = await refusal(
      stranger.resources.apply({ requestId: requestId(), resources: [helloSite('private')] }),
    );
    expect(taken).toMatchObject({
      reason: ErrorReason.DOMAIN_TAKEN,
      fields: ['resources[0].site.domains[0]'],
    });
    expect(taken.message).toContain('private.example is taken');
    await apply(helloSite('wild', { domains: ['*.wild.example'] }));
    for (const domain of ['*.wild.example', 'shop.wild.example']) {
      const below = helloSite('below', { domains: [domain] });
      const answer = await refusal(stranger.resources.apply({ requestId: requestId(), resources: [below] }));
      expect(answer).toMatchObject({
        reason: ErrorReason.DOMAIN_TAKEN,
        fields: ['resources[0].site.domains[0]'],
      });
    }
    await apply(helloSite('shop-below', { domains: ['shop.wild.example'] }));
    const mine = helloSite('private', { domains: ['mine.example'] });
    const { results } = await stranger.resources.apply({ requestId: requestId(), resources: [mine] });
    expect(results[0]!.change).toBe(Change.CREATED);
  });

  test('a tenant sees and changes what belongs to tenants nested in it, in one order of changes', async () => {
    const reseller = await engine.addTenant('reseller');
    const customer = await engine.addTenant('customer', reseller.uid);
    await engine.addServer('web-1', { tenantUid: reseller.uid });
    await engine.addServer('shop-1', { tenantUid: customer.uid });
    const shop = helloSite('shop', { placement: { server: 'shop-1' } });
    const { results } = await customer.resources.apply({ requestId: requestId(), resources: [shop] });
    const own = await reseller.resources.apply({
      requestId: requestId(),
      resources: [helloSite('after-shop')],
    });
    const versionOf = (answer: typeof own): bigint => answer.results[0]!.resource!.meta!.resourceVersion;
    expect(versionOf(own)).toBe(results[0]!.resource!.meta!.resourceVersion + 1n);
    expect((await reseller.resources.get({ kind: Kind.SITE, name: 'shop' })).resource!.meta!.tenant).toBe(
      'customer',
    );
    const named = helloSite('shop', { placement: { server: 'shop-1' }, redirectToPrimary: true });
    named.meta!.tenant = 'customer';
    expect(
      (await reseller.resources.apply({ requestId: requestId(), resources: [named] })).results[0]!.change,
    ).toBe(Change.UPDATED);
    const { resource } = await customer.resources.get({ kind: Kind.SITE, name: 'shop' });
    expect(resource!.meta!.generation).toBe(2n);
    expect(await refusal(customer.resources.get({ kind: Kind.SITE, name: 'after-shop' }))).toMatchObject({
      reason: ErrorReason.NOT_FOUND,
    });
  });
});

test('domains change places within one call', async () => {
  await apply(
    helloSite('left', { domains: ['left.example'] }),
    helloSite('right', { domains: ['right.example'] }),
  );
  const { results } = await apply(
    helloSite('left', { domains: ['right.example'] }),
    helloSite('right', { domains: ['left.example'] }),
  );
  expect(results.map(({ change }) => change)).toEqual([Change.UPDATED, Change.UPDATED]);
});

test('a selector places on the servers that carry its labels, and follows them', async () => {
  const db1 = await engine.addServer('db-1', { labels: { role: 'db' } });
  const chosen = helloSite('chosen', {
    placement: { selector: { role: 'edge' } },
    tls: { certificate: { kind: Kind.CERTIFICATE, name: 'chosen' } },
  });
  const { results } = await apply(chosen, selfSigned('chosen', 'chosen.example'));
  expect(results[0]!.resource!.status).toMatchObject({
    placements: 0,
    conditions: [{ reason: 'NO_SERVER' }],
  });
  const relabel = async (labels: object) => {
    await engine.system(() => execute('update server set labels = $2 where uid = $1', [db1, labels]));
    await engine.servers.placementsChanged(db1);
  };
  await relabel({ role: 'edge' });
  const placed = () => engine.resources.list({ server: 'db-1', withPlacements: true });
  expect((await placed()).resources.map(({ meta }) => meta!.kind)).toEqual([Kind.SITE, Kind.CERTIFICATE]);
  await relabel({ role: 'db' });
  expect((await placed()).resources.map(({ status }) => status!.placementStatuses[0]!.removing)).toEqual([
    true,
    true,
  ]);
  await engine.servers.removed(db1);
  expect((await placed()).resources).toEqual([]);
});

test('a server that is joined again under its name gets what named it', async () => {
  const old = await engine.addServer('again-1');
  await apply(helloSite('again', { placement: { server: 'again-1' } }));
  await engine.servers.removed(old);
  await engine.system(() => execute('update server set removed_at = now() where uid = $1', [old]));
  const status = async () =>
    (await engine.resources.get({ kind: Kind.SITE, name: 'again' })).resource!.status!;
  expect(await status()).toMatchObject({ placements: 0, conditions: [{ reason: 'NO_SERVER' }] });
  const anew = await engine.addServer('again-1');
  await engine.servers.placementsChanged(anew);
  expect((await status()).placementStatuses).toMatchObject([{ serverUid: anew }]);
});

test('the same request again gets the first answer, and another body under its id is refused', async () => {
  const request = { requestId: requestId(), resources: [helloSite('once')] };
  const [first, second] = [await engine.resources.apply(request), await engine.resources.apply(request)];
  expect(second).toEqual(first);
  const other = engine.resources.apply({ ...request, resources: [helloSite('twice')] });
  expect(await refusal(other)).toMatchObject({ reason: ErrorReason.REQUEST_ID_REUSED });
});
