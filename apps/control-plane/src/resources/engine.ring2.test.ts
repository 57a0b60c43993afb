import { create, fromBinary } from '@bufbuild/protobuf';
import {
  ApplyResult_Change as Change,
  ConditionStatus,
  Kind,
  ManifestBodySchema,
  ManifestIndexSchema,
  PlacementReportSchema,
} from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type Engine, eventually, helloSite, requestId, selfSigned, startEngine } from './engine.fixture';

let engine: Engine;
let web1: string;

beforeAll(async () => {
  engine = await startEngine();
  web1 = await engine.addServer('web-1', { labels: { role: 'web' } });
});
afterAll(() => engine.close());

const apply = (...resources: ReturnType<typeof helloSite>[]) =>
  engine.resources.apply({ requestId: requestId(), resources });
const manifestOf = async (serverUid: string) => {
  const offer = await engine.manifests.offerFor(serverUid);
  return offer && fromBinary(ManifestIndexSchema, offer.index);
};

test('an applied site is stored, compiled for its server, and offered with its bodies', async () => {
  const { results } = await apply(helloSite('one'));
  expect(results).toMatchObject([{ change: Change.CREATED, resource: { meta: { generation: 1n } } }]);
  expect(results[0]!.resource!.status).toMatchObject({
    placements: 1,
    placementsReady: 0,
    conditions: [{ type: 'Ready', status: ConditionStatus.UNKNOWN, reason: 'PENDING' }],
  });
  const manifest = await eventually(
    () => manifestOf(web1),
    (index) => index?.entries.some(({ name }) => name === 'one') ?? false,
  );
  const entry = manifest!.entries.find(({ name }) => name === 'one')!;
  const body = await engine.manifests.body(entry.bodySha256, web1);
  expect(fromBinary(ManifestBodySchema, body!).spec).toMatchObject({
    case: 'site',
    value: { domains: ['one.example'] },
  });
  const { resource } = await engine.resources.get({ kind: Kind.SITE, name: 'one' });
  expect(resource?.status?.placementStatuses).toMatchObject([{ serverName: 'web-1', stale: false }]);
});

test('the same spec again makes no generation; labels make a change without one', async () => {
  await apply(helloSite('two'));
  expect((await apply(helloSite('two'))).results[0]).toMatchObject({ change: Change.UNCHANGED, fields: [] });
  const labelled = helloSite('two');
  labelled.meta!.labels = { env: 'prod' };
  const { results } = await apply(labelled);
  expect(results[0]).toMatchObject({
    change: Change.UPDATED,
    fields: [{ path: 'labels[env]' }],
    resource: { meta: { generation: 1n } },
  });
  const { results: again } = await apply(helloSite('two', { redirectToPrimary: true }));
  expect(again[0]).toMatchObject({ change: Change.UPDATED, resource: { meta: { generation: 2n } } });
});

test('a certificate is placed where it is referenced, and cannot be deleted meanwhile', async () => {
  const secure = helloSite('three', { tls: { certificate: { kind: Kind.CERTIFICATE, name: 'three' } } });
  await apply(secure, selfSigned('three', 'three.example'));
  const manifest = await eventually(
    () => manifestOf(web1),
    (index) => index?.entries.some(({ kind }) => kind === Kind.CERTIFICATE) ?? false,
  );
  const certificate = manifest!.entries.find(({ kind }) => kind === Kind.CERTIFICATE)!;
  expect(
    manifest!.entries.find(({ name, kind }) => name === 'three' && kind === Kind.SITE)!.edges,
  ).toMatchObject([{ uid: certificate.uid }]);
  await expect(
    engine.resources.delete({ requestId: requestId(), kind: Kind.CERTIFICATE, name: 'three' }),
  ).rejects.toThrow(/referenced by Site three/);
  await apply(helloSite('three'));
  const after = await eventually(
    () => manifestOf(web1),
    (index) => index!.tombstones.some(({ uid }) => uid === certificate.uid),
  );
  expect(after!.entries.some(({ uid }) => uid === certificate.uid)).toBe(false);
});

test('status reports roll up, and a tombstone that is acknowledged ends the resource and frees its domain', async () => {
  const { results } = await apply(helloSite('four'));
  const uid = results[0]!.resource!.meta!.uid;
  const ready = create(PlacementReportSchema, {
    uid,
    kind: Kind.SITE,
    observedGeneration: 1n,
    observedEpoch: 1n,
    conditions: [
      { type: 'Ready', status: ConditionStatus.TRUE, reason: 'READY' },
      { type: 'Drifted', status: ConditionStatus.TRUE },
    ],
  });
  await engine.manifests.status(web1, [ready]);
  expect((await engine.resources.get({ kind: Kind.SITE, name: 'four' })).resource!.status).toMatchObject({
    placementsReady: 1,
    conditions: [
      { type: 'Ready', status: ConditionStatus.TRUE },
      { type: 'Drifted', status: ConditionStatus.TRUE },
    ],
  });
  const deleted = await engine.resources.delete({ requestId: requestId(), kind: Kind.SITE, name: 'four' });
  expect(deleted).toMatchObject({
    servers: ['web-1'],
    consequence: 'web-1 stops serving four; its files and its history stay.',
  });
  await expect(apply(helloSite('five', { domains: ['four.example'] }))).rejects.toThrow(
    /four.example is still being removed from the servers of Site four/,
  );
  await engine.manifests.status(web1, [
    create(PlacementReportSchema, { uid, kind: Kind.SITE, removed: true }),
  ]);
  await expect(engine.resources.get({ kind: Kind.SITE, name: 'four' })).rejects.toThrow(/does not exist/);
  await apply(helloSite('five', { domains: ['four.example'] }));
  await eventually(
    () => manifestOf(web1),
    (index) => !index!.tombstones.some((tombstone) => tombstone.uid === uid),
  );
});
