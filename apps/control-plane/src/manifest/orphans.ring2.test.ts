import { create, fromBinary } from '@bufbuild/protobuf';
import { HeldReportSchema, Kind, ManifestIndexSchema, PlacementReportSchema } from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { execute, query } from '../platform/db';
import { type Engine, eventually, helloSite, requestId, startEngine } from '../resources/engine.fixture';
import { HeldIntake, heldText } from './held-intake';
import { OrphansService } from './orphans.service';

const lost = newUid();
let engine: Engine;
let web1: string;
let known: string;
let holdings: HeldIntake;
let orphans: OrphansService;

beforeAll(async () => {
  engine = await startEngine();
  holdings = engine.app.get(HeldIntake);
  orphans = engine.app.get(OrphansService);
  web1 = await engine.addServer('web-1');
  const { results } = await engine.resources.apply({
    requestId: requestId(),
    resources: [helloSite('shop')],
  });
  known = results[0]!.resource!.meta!.uid;
  await settled();
});
afterAll(() => engine.close());

const settled = () =>
  eventually(
    () => engine.system(() => query('select server_uid from manifest_wanted')),
    (rows) => rows.length === 0,
  );

const held = (...held: { uid: string; name: string; generation: bigint }[]) =>
  create(HeldReportSchema, { epoch: 1n, held: held.map((one) => ({ ...one, kind: Kind.SITE })) });

const orphanNames = async () => {
  const rows = await engine.system(() =>
    query<{ name: string }>('select name from orphaned_resource order by name'),
  );
  return rows.map(({ name }) => name);
};

const tombstones = async () => {
  await settled();
  const offer = await engine.manifests.offerFor(web1);
  return fromBinary(ManifestIndexSchema, offer!.index).tombstones.map(({ uid }) => uid);
};

test('what a server holds and nobody here knows is an orphan, and stays where it is', async () => {
  await holdings.take(
    web1,
    held({ uid: known, name: 'shop', generation: 1n }, { uid: lost, name: 'blog', generation: 4n }),
  );
  expect(await orphanNames()).toEqual(['blog']);
  expect(await tombstones()).toEqual([]);
});

test('a report that is told again, and one of what has gone meanwhile, change it to what is there', async () => {
  const other = { uid: newUid(), name: 'other', generation: 1n };
  await holdings.take(web1, held({ uid: lost, name: 'blog', generation: 4n }, other));
  await holdings.take(web1, held({ uid: lost, name: 'blog', generation: 4n }, other));
  expect(await orphanNames()).toEqual(['blog', 'other']);
  await holdings.take(web1, held({ uid: lost, name: 'blog', generation: 4n }));
  expect(await orphanNames()).toEqual(['blog']);
});

test('the trail says what was set back and what is not known', async () => {
  await holdings.take(
    web1,
    held({ uid: known, name: 'shop', generation: 5n }, { uid: lost, name: 'blog', generation: 4n }),
  );
  const [entry] = await engine.system(() =>
    query<{ subject: string; message: string }>(
      `select subject, message from audit_entry where actor = 'restore' order by uid desc limit 1`,
    ),
  );
  expect(entry).toEqual({
    subject: 'Server web-1',
    message:
      'It came back from epoch 1. Set back to the generation of the backup: shop (from 5 to 1). Not known here, and left running: blog.',
  });
});

test('names of which there are many are counted', () => {
  const names = Array.from({ length: 25 }, (_, index) => `site-${index}`);
  expect(heldText(1n, names, [])).toMatch(/site-19 and 5 more\.$/);
});

test('a server cannot make orphans of what it is told to remove, nor remove what nobody discarded', async () => {
  const removed = create(PlacementReportSchema, { uid: lost, kind: Kind.SITE, removed: true });
  await engine.manifests.status(web1, [removed]);
  expect(await orphanNames()).toEqual(['blog']);
});

test('an orphan is removed when an operator says so, and only by its server’s word', async () => {
  const discard = (uid: string) =>
    engine.db.unitOfWork.asTenant([engine.tenantUid], () => orphans.discard(web1, [uid]));
  await expect(discard(newUid())).rejects.toThrow(/One of these orphans/);
  expect(await discard(lost)).toEqual(['blog']);
  expect(await tombstones()).toEqual([lost]);
  expect(await orphanNames()).toEqual(['blog']);
  const removed = create(PlacementReportSchema, { uid: lost, kind: Kind.SITE, removed: true });
  await engine.manifests.status(web1, [removed]);
  expect(await orphanNames()).toEqual([]);
  expect(await tombstones()).toEqual([]);
});

test('another tenant’s orphans are not there', async () => {
  const other = await engine.addTenant('other');
  await holdings.take(web1, held({ uid: lost, name: 'blog', generation: 4n }));
  const discard = engine.db.unitOfWork.asTenant([other.uid], () => orphans.discard(web1, [lost]));
  await expect(discard).rejects.toThrow();
  expect(await tombstones()).toEqual([]);
});

test('after the epoch is raised nothing of the old one is offered, and every manifest is of the new one', async () => {
  const before = await engine.manifests.offerFor(web1);
  await engine.system(() => execute('update installation set epoch = 9'));
  expect(await engine.manifests.offerFor(web1)).toBeUndefined();
  await engine.system(async () => {
    await execute('insert into manifest_wanted (server_uid) values ($1)', [web1]);
    engine.db.wake.notify('manifests-wanted');
  });
  await settled();
  expect(await engine.manifests.offerFor(web1)).toMatchObject({ epoch: 9n, revision: before!.revision + 1n });
});
