import { create } from '@bufbuild/protobuf';
import { ConditionStatus, Kind, PlacementReportSchema } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { execute } from '../../platform/db';
import { type Engine, helloSite, requestId, selfSigned, startEngine } from '../engine.fixture';

let engine: Engine;
let web1: string;
let web2: string;

beforeAll(async () => {
  engine = await startEngine();
  web1 = await engine.addServer('web-1', { labels: { role: 'web' } });
  web2 = await engine.addServer('web-2');
});
afterAll(() => engine.close());

const apply = (...resources: ReturnType<typeof helloSite>[]) =>
  engine.resources.apply({ requestId: requestId(), resources });

const sayReady = (serverUid: string, uid: string) =>
  engine.manifests.status(serverUid, [
    create(PlacementReportSchema, {
      uid,
      kind: Kind.SITE,
      observedGeneration: 1n,
      conditions: [{ type: 'Ready', status: ConditionStatus.TRUE }],
    }),
  ]);

/** As single ones, as a list, and as the database has them now: three ways, one answer. */
async function readsAgree(): Promise<void> {
  const { changed } = await engine.changes.changesSince([engine.tenantUid], 0n);
  const now = new Map(changed.map((resource) => [resource.meta!.uid, resource]));
  const { resources } = await engine.resources.list({ pageSize: 500, withPlacements: true });
  const listed = new Map(resources.map((resource) => [resource.meta!.uid, resource]));
  expect(listed).toEqual(now);
  const brief = await engine.resources.list({ pageSize: 500 });
  expect(brief.resources.map(({ status }) => status!.conditions)).toEqual(
    resources.map(({ status }) => status!.conditions),
  );
  for (const { meta, ...rest } of changed) {
    const { resource } = await engine.resources.get({ kind: meta!.kind, name: meta!.name });
    expect(resource).toEqual({ meta, ...rest });
  }
}

test('whatever changes, the next read tells it', async () => {
  const tls = { certificate: { kind: Kind.CERTIFICATE, name: 'cert' } };
  const steps: (() => Promise<unknown>)[] = [
    () => apply(helloSite('plain'), helloSite('secure'), selfSigned('cert', 'secure.example')),
    // The certificate follows the site, and nobody named it.
    () => apply(helloSite('secure', { tls })),
    () => engine.resources.get({ kind: Kind.SITE, name: 'plain' }).then((r) => sayReady(web1, r.resource!.meta!.uid)),
    () => engine.system(() => execute('update server set state = 2 where uid = $1', [web1])).then(() => engine.servers.connectionChanged(web1)),
    () => apply(helloSite('secure', { tls, placement: { server: 'web-2' } })),
    () => engine.resources.revert({ requestId: requestId(), kind: Kind.SITE, name: 'secure', toGeneration: 2n }),
    () => apply(helloSite('everywhere', { placement: { selector: { role: 'web' } } })),
    () => engine.system(async () => {
      await execute(`update server set labels = '{"role":"web"}' where uid = $1`, [web2]);
      await engine.servers.placementsChanged(web2);
    }),
    () => engine.resources.delete({ requestId: requestId(), kind: Kind.SITE, name: 'secure' }),
    () => engine.servers.removed(web2),
  ]; // prettier-ignore
  for (const step of steps) {
    await step();
    await readsAgree();
  }
});

test('a customer is not told the names of servers that are not his, whoever asked before', async () => {
  const reseller = await engine.addTenant('reseller');
  const customer = await engine.addTenant('customer', reseller.uid);
  const server = await engine.addServer('reseller-1', { tenantUid: reseller.uid });
  const { results } = await customer.resources.apply({
    requestId: requestId(),
    resources: [selfSigned('own', 'own.example')],
  });
  const { uid } = results[0]!.resource!.meta!;
  await engine.system(() =>
    execute(
      `insert into placement (resource_uid, server_uid, tenant_uid, server_tenant_uid, generation)
       values ($1, $2, $3, $4, 1)`,
      [uid, server, customer.uid, reseller.uid],
    ),
  );
  const names = async ({ resources }: typeof customer) => {
    const { resource } = await resources.get({ kind: Kind.CERTIFICATE, name: 'own' });
    return resource!.status!.placementStatuses.map(({ serverName }) => serverName);
  };
  expect(await names(reseller)).toEqual(['reseller-1']);
  expect(await names(customer)).toEqual(['']);
  expect(await names(reseller)).toEqual(['reseller-1']);
});
