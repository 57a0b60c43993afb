import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { AuditService, ConditionStatus, Kind, ManifestIndexSchema } from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { execute, query } from '../platform/db';
import { type Engine, eventually, helloSite, requestId, startEngine } from '../resources/engine.fixture';
import { ManifestRepository } from './manifest.repository';

let engine: Engine;
let web1: string;
let web2: string;

beforeAll(async () => {
  engine = await startEngine();
  web1 = await engine.addServer('web-1');
  web2 = await engine.addServer('web-2');
});
afterAll(() => engine.close());

const apply = (...resources: ReturnType<typeof helloSite>[]) =>
  engine.resources.apply({ requestId: requestId(), resources });
const offer = async (serverUid: string) => (await engine.manifests.offerFor(serverUid))!;
const settled = () =>
  eventually(
    () => engine.system(() => query('select server_uid from manifest_wanted')),
    (rows) => rows.length === 0,
  );

const guarded = (body: string, password: string) =>
  helloSite('guarded', {
    handler: { answer: { case: 'fixedResponse', value: { status: 200, body } } },
    basicAuth: { users: [{ username: 'alice', password: { value: password } }] },
  });

test('a server gets the bodies and secrets of its own manifest and no others', async () => {
  await apply(guarded('one', 'secret one'), helloSite('elsewhere', { placement: { server: 'web-2' } }));
  await settled();
  const [entry] = fromBinary(ManifestIndexSchema, (await offer(web1)).index).entries;
  const [other] = fromBinary(ManifestIndexSchema, (await offer(web2)).index).entries;
  expect(await engine.manifests.body(entry!.bodySha256, web1)).toHaveLength(entry!.bodySize);
  expect(await engine.manifests.body(entry!.bodySha256, web2)).toBeUndefined();
  expect(await engine.manifests.body(other!.bodySha256, web1)).toBeUndefined();
  const { indexSha256, index } = await offer(web1);
  expect(Buffer.from((await engine.manifests.body(indexSha256, web1))!).equals(Buffer.from(index))).toBe(
    true,
  );

  const [secret] = await engine.system(() =>
    query<{ uid: string; version: number }>('select uid, version from secret'),
  );
  const [value] = await engine.manifests.secretsFor(web1, [secret!]);
  expect(Buffer.from(value!.value).toString()).toBe('secret one');
  expect(await engine.manifests.secretsFor(web2, [secret!])).toEqual([]);
  const wrong = [
    { uid: secret!.uid, version: 2 },
    { uid: newUid(), version: 1 },
    { uid: "' or true", version: 1 },
  ];
  expect(await engine.manifests.secretsFor(web1, wrong)).toEqual([]);
  await apply(guarded('one', 'secret two'));
  await settled();
  expect(await engine.manifests.secretsFor(web1, [secret!])).toEqual([]);
});

test('the revision moves with the content, one by one, and not for a wake-up', async () => {
  await settled();
  const before = await offer(web1);
  await engine.system(async () => {
    await execute('insert into manifest_wanted (server_uid) values ($1)', [web1]);
    engine.db.wake.notify('manifests-wanted');
  });
  await settled();
  expect(await offer(web1)).toEqual(before);
  await apply(guarded('two', 'secret two'));
  await settled();
  expect((await offer(web1)).revision).toBe(before.revision + 1n);
});

test('whoever holds an agent hears of its new manifest', async () => {
  const heard: string[] = [];
  const off = engine.manifests.onChanged((serverUid) => heard.push(serverUid));
  await apply(helloSite('heard'));
  await eventually(
    () => Promise.resolve([...heard]),
    (uids) => uids.includes(web1),
  );
  off();
});

test('stored moves upwards, on the fence that was offered', async () => {
  await settled();
  const { epoch, revision, indexSha256 } = await offer(web1);
  const stored = (fence: object) => engine.manifests.stored(web1, { epoch, revision, indexSha256, ...fence });
  expect(await stored({ revision: revision + 1n })).toBe(false);
  expect(await stored({ indexSha256: Buffer.alloc(32) })).toBe(false);
  expect(await stored({ epoch: epoch + 1n })).toBe(false);
  expect(await stored({})).toBe(true);
  expect(await stored({})).toBe(true);
  expect(await stored({ revision: revision - 1n })).toBe(false);
  const [row] = await engine.system(() =>
    query<{ revision: bigint }>('select stored_revision as revision from server where uid = $1', [web1]),
  );
  expect(row!.revision).toBe(revision);
});

test('what an agent refuses says so in its status; reports about what is not placed there are passed over', async () => {
  const { results } = await apply(helloSite('refused'), helloSite('fine'));
  const { uid } = results[0]!.resource!.meta!;
  await engine.manifests.refused(web1, { reason: 'UNKNOWN_FIELD', message: 'field 99', uids: [uid] });
  const conditionOf = async (name: string) =>
    (await engine.resources.get({ kind: Kind.SITE, name })).resource!.status!.conditions[0]!;
  expect(await conditionOf('refused')).toMatchObject({
    status: ConditionStatus.FALSE,
    reason: 'UNKNOWN_FIELD',
    message: expect.stringContaining('field 99'),
  });
  expect(await conditionOf('fine')).toMatchObject({ status: ConditionStatus.UNKNOWN });
  await engine.manifests.refused(web2, {
    reason: 'INVALID',
    message: 'no',
    uids: [results[1]!.resource!.meta!.uid],
  });
  expect(await conditionOf('fine')).toMatchObject({ status: ConditionStatus.UNKNOWN });
});

test('a removal that no tombstone asked for removes nothing', async () => {
  const { results } = await apply(helloSite('keeps'));
  const { uid } = results[0]!.resource!.meta!;
  const report = {
    uid,
    kind: Kind.SITE,
    removed: true,
    observedGeneration: 1n,
    observedEpoch: 1n,
    conditions: [],
    drift: [],
    detail: { case: undefined },
  };
  await engine.manifests.status(web1, [{ $typeName: 'ostler.link.v1.PlacementReport', ...report }]);
  expect((await engine.resources.get({ kind: Kind.SITE, name: 'keeps' })).resource!.status!.placements).toBe(
    1,
  );
});

test('bodies that nobody carries go after an hour, those in use stay', async () => {
  await settled();
  const repository = engine.app.get(ManifestRepository);
  const clean = () =>
    engine.db.unitOfWork.asSystem('manifest-compile', () => repository.removeUnusedBodies());
  expect(await clean()).toBe(0);
  await engine.system(() => execute(`update manifest_body set created_at = now() - interval '2 hours'`));
  expect(await clean()).toBeGreaterThan(0);
  const { entries } = fromBinary(ManifestIndexSchema, (await offer(web1)).index);
  for (const { bodySha256 } of entries) expect(await engine.manifests.body(bodySha256, web1)).toBeDefined();
});

test('a server whose manifest cannot be compiled keeps what it has and stops nobody', async () => {
  await settled();
  const before = await offer(web1);
  const { results } = await apply(helloSite('broken'));
  await settled();
  const { uid } = results[0]!.resource!.meta!;
  await engine.system(() =>
    execute(`update resource set spec = '\\xffff', generation = generation + 1 where uid = $1`, [uid]),
  );
  await apply(helloSite('after-broken'), helloSite('beside', { placement: { server: 'web-2' } }));
  await eventually(
    async () => fromBinary(ManifestIndexSchema, (await offer(web2)).index),
    ({ entries }) => entries.some(({ name }) => name === 'beside'),
  );
  await expect
    .poll(() => engine.lines.some((line) => line.includes('cannot be compiled') && line.includes(web1)))
    .toBe(true);
  expect((await offer(web1)).revision).toBe(before.revision + 1n);
});

test('what another control plane compiles differently is a change of its own in the trail', async () => {
  const server = await engine.addServer('web-5');
  const want = () =>
    engine.system(async () => {
      await execute('insert into manifest_wanted (server_uid) values ($1) on conflict do nothing', [server]);
      engine.db.wake.notify('manifests-wanted');
    });
  const compiled = () =>
    eventually(
      () => engine.system(() => query('select from manifest_wanted where server_uid = $1', [server])),
      (rows) => rows.length === 0,
    );
  const trail = async () => {
    const { entries } = await createClient(AuditService, engine.transport(engine.token)).list({
      subject: 'older',
    });
    return entries.filter(({ method }) => method === 'ostler.internal/Recompile');
  };
  await apply(helloSite('older', { placement: { server: 'web-5' } }));
  await compiled();
  // As an earlier control plane would have left it: the same generation with other bytes.
  const index = fromBinary(ManifestIndexSchema, (await offer(server)).index);
  index.entries[0]!.bodySha256 = new Uint8Array(32);
  const bytes = Buffer.from(toBinary(ManifestIndexSchema, index));
  await engine.system(() => execute('update manifest set index = $2 where server_uid = $1', [server, bytes]));
  const before = await trail();
  await want();
  await compiled();
  const [entry, ...more] = await trail();
  expect([before, more]).toEqual([[], []]);
  expect(entry).toMatchObject({
    actor: 'ostler',
    subject: 'Site older',
    generation: 1n,
    resourceUid: index.entries[0]!.uid,
    message: 'Control plane 0.1.0 compiles the same spec to another configuration. It goes to web-5.',
  });

  await apply(helloSite('older', { placement: { server: 'web-5' }, redirectToPrimary: true }));
  await compiled();
  expect(await trail()).toHaveLength(1);
});
