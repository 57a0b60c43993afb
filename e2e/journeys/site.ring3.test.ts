import {
  ConditionStatus,
  type FileChange,
  FileChange_Action,
  Kind,
  type ServerPlan,
} from '@ostler/contracts';
import { explainError, newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  bootJoinedServer,
  closeTestNetwork,
  type OstlerProcess,
  startOstler,
  testNetwork,
  type TestServer,
  waitFor,
} from '../harness';
import { applyText, conditionOf, readResource, resourcesOf, waitForReady } from './journey';

// A declared site is served by a real server, through faults. One server, one control plane, in order.

let control: OstlerProcess;
let ostler: Ostler;
let server: TestServer;

beforeAll(async () => {
  const { machineAddress } = await testNetwork();
  control = await startOstler({ environment: { OSTLER_PUBLIC_ADDRESS: machineAddress } });
  ostler = await control.signIn();
  ({ server } = await bootJoinedServer(ostler, { name: 'web-1', labels: { role: 'web' } }));
  await server.run(['mkdir', '-p', '/srv/shop']);
  await server.writeFile('/srv/shop/index.html', '<h1>shop</h1>');
});

afterAll(async () => {
  await control?.stop();
  await closeTestNetwork();
  await control?.remove();
});

const shop = `
kind: Site
name: shop
spec:
  placement: { server: web-1 }
  domains: [shop.test]
  handler: { staticFiles: { root: /srv/shop } }
`;

/** Hand edits are found within a minute or so: meanwhile other things are tested, on another site. */
const edited = shop.replace('name: shop', 'name: edited').replace('shop.test', 'edited.test');

const apply = (text: string) => applyText(ostler, text);
const read = (name: string) => readResource(ostler, name);

async function page(
  host: string,
  path = '/',
  init: RequestInit = {},
): Promise<{ status: number; text: string }> {
  const answer = await server.exec([
    'curl',
    '-sS',
    '-o',
    '-',
    '-w',
    '\n%{http_code}',
    '-m',
    '10',
    '-H',
    `Host: ${host}`,
    ...(init.method ? ['-X', init.method] : []),
    `http://127.0.0.1${path}`,
  ]);
  const at = answer.stdout.lastIndexOf('\n');
  return { status: Number(answer.stdout.slice(at + 1)), text: answer.stdout.slice(0, at) };
}

/** The file of a site that nginx reads now: earlier ones lie beside it. */
async function liveFileOf(uid: string): Promise<string> {
  const hook = await server.readFile('/etc/nginx/conf.d/ostler.conf');
  const generation = /include "?([^";]+)/.exec(hook)?.[1] ?? 'no generation';
  const includes = (await server.readFile(generation)).match(/(?<=include "?)[^";]+/g) ?? [];
  return includes.find((path) => path.includes(uid)) ?? 'no file';
}

test('an applied site is served, and applying it again changes nothing', async () => {
  const [created] = await apply(shop);
  expect(created?.meta?.generation).toBe(1n);
  await waitForReady(ostler, 'shop');
  expect(await page('shop.test')).toEqual({ status: 200, text: '<h1>shop</h1>' });
  const [again] = await apply(shop);
  expect(again?.meta?.generation).toBe(1n);
});

test('a site as it was written has no drift; what is edited by hand now is looked for below', async () => {
  await apply(edited);
  await waitForReady(ostler, 'edited');
  const { meta, status } = await read('edited');
  expect(status?.placementStatuses.map(({ drift }) => drift)).toEqual([[]]);
  const file = await liveFileOf(meta!.uid);
  await server.run(['sed', '-i', 's/edited.test/edited.test # by hand/', file]);
});

test('the existing virtual host of the distribution is left as it is and listed as found', async () => {
  expect((await page('other.test')).text).toContain('nginx');
  await waitFor('the foreign site is reported', async () => {
    const { server: found } = await ostler.fleet.getServer({ name: 'web-1' });
    return found?.foreignSites.some(({ file }) => file.includes('/etc/nginx/')) ?? false;
  });
});

test('a dry run plans on the server and changes nothing', async () => {
  const changed = resourcesOf(shop.replace('domains: [shop.test]', 'domains: [shop.test, www.shop.test]'));
  let plan: ServerPlan | undefined;
  // A server that needs more than three seconds is answered for by the compiled preview.
  await waitFor('the server planned in time', async () => {
    const requestId = newRequestId();
    ({
      plans: [plan],
    } = await ostler.resources.apply({ requestId, resources: changed, dryRun: true }));
    return plan?.verified ?? false;
  });
  expect(plan).toMatchObject({ serverName: 'web-1', valid: true });
  const isChange = ({ action, diff }: FileChange) =>
    action === FileChange_Action.CHANGE && diff.includes('www.shop.test');
  expect(plan?.files.some(isChange)).toBe(true);
  expect((await read('shop')).meta?.generation).toBe(1n);
  expect((await page('www.shop.test')).text).not.toContain('shop</h1>');
});

test('a change makes a generation, and a revert brings the earlier one back as a new one', async () => {
  await apply(shop.replace('/srv/shop', '/srv/shop2'));
  await server.run(['mkdir', '-p', '/srv/shop2']);
  await server.writeFile('/srv/shop2/index.html', 'second');
  await waitForReady(ostler, 'shop');
  await waitFor('the second page', async () => (await page('shop.test')).text === 'second');
  await ostler.resources.revert({
    requestId: newRequestId(),
    kind: Kind.SITE,
    name: 'shop',
    toGeneration: 1n,
  });
  await waitForReady(ostler, 'shop');
  await waitFor('the first page', async () => (await page('shop.test')).text === '<h1>shop</h1>');
  const { revisions } = await ostler.resources.listRevisions({ kind: Kind.SITE, name: 'shop' });
  expect(revisions.map(({ generation }) => generation)).toEqual([3n, 2n, 1n]);
});

test('a domain has one owner, and hostile strings are refused by their field', async () => {
  const taken = await apply(shop.replace('name: shop', 'name: thief')).catch(explainError);
  expect(taken).toMatchObject({ reasonName: 'DOMAIN_TAKEN' });
  const hostile = await ostler.resources
    .apply({
      requestId: newRequestId(),
      resources: resourcesOf(shop).map((resource) => {
        if (resource.spec.case === 'site') resource.spec.value.domains = ['a.test;\nreturn 200'];
        return resource;
      }),
    })
    .catch(explainError);
  expect(hostile).toMatchObject({
    reasonName: 'INVALID',
    violations: [{ field: 'resources[0].site.domains[0]' }],
  });
  expect(conditionOf(await read('shop'))?.status).toBe(ConditionStatus.TRUE);
});

test('a site with TLS gets its certificate from the internal authority and serves it', async () => {
  await apply(`
kind: Certificate
name: shop
spec: { domains: [shop.test], selfSigned: {} }
---
${shop}  tls: { certificate: { kind: certificate, name: shop }, forceHttps: true }
`);
  await waitForReady(ostler, 'shop', Kind.CERTIFICATE);
  await waitForReady(ostler, 'shop');
  const answer = await server.run([
    'curl',
    '-sSk',
    '-w',
    '\n%{http_code} %{ssl_verify_result}',
    '--resolve',
    'shop.test:443:127.0.0.1',
    'https://shop.test/',
  ]);
  expect(answer).toContain('<h1>shop</h1>');
  expect((await page('shop.test')).status).toBe(308);
  const referenced = await ostler.resources
    .delete({ requestId: newRequestId(), kind: Kind.CERTIFICATE, name: 'shop' })
    .catch(explainError);
  expect(referenced).toMatchObject({ reasonName: 'REFERENCED' });
  await apply(shop);
  await waitForReady(ostler, 'shop');
});

test('a partition makes the status Unknown, and it heals by itself', async () => {
  await server.partition({ direction: 'both' });
  await waitFor('the site is Unknown', async () => {
    const resource = await read('shop');
    return conditionOf(resource)?.status === ConditionStatus.UNKNOWN;
  });
  await apply(shop.replace('/srv/shop', '/srv/shop2'));
  await server.heal();
  await waitForReady(ostler, 'shop');
  expect((await page('shop.test')).text).toBe('second');
});

test('a partition of one direction alone heals by itself too', async () => {
  await server.partition({ direction: 'in' });
  await waitFor('the site is Unknown', async () => {
    return conditionOf(await read('shop'))?.status === ConditionStatus.UNKNOWN;
  });
  expect((await page('shop.test')).status).toBe(200);
  await server.heal();
  await waitForReady(ostler, 'shop');
});

test('a file edited by hand is reported with its diff, and put back when that is the policy', async () => {
  await waitFor(
    'drift is reported',
    async () => {
      const [placement] = (await read('edited')).status?.placementStatuses ?? [];
      return placement?.drift.some(({ diff }) => diff.includes('by hand')) ?? false;
    },
    { timeoutMs: 180_000 },
  );
  await apply(`${edited}  driftPolicy: enforce\n`);
  const file = await liveFileOf((await read('edited')).meta!.uid);
  await waitFor(
    'the file is put back',
    async () => (await server.exec(['grep', '-q', 'by hand', file])).code === 1,
    { timeoutMs: 180_000 },
  );
  await waitForReady(ostler, 'edited');
});

test('the site is served and healed while the control plane is gone, and a change waits for it', async () => {
  await control.kill();
  expect((await page('shop.test')).status).toBe(200);
  await server.run(['systemctl', 'restart', 'ostler-agent']);
  await server.waitForUnit('ostler-agent.service');
  expect((await page('shop.test')).status).toBe(200);
  const { machineAddress } = await testNetwork();
  control = await startOstler({
    dataFolder: control.dataFolder,
    ports: control.ports,
    environment: { OSTLER_PUBLIC_ADDRESS: machineAddress },
  });
  ostler = await control.signIn();
  await apply(shop);
  await waitForReady(ostler, 'shop');
  expect((await page('shop.test')).text).toBe('<h1>shop</h1>');
});

test('after power loss the server serves what it served before', async () => {
  await server.powerLoss();
  await waitFor('the page is back', async () => (await page('shop.test')).text === '<h1>shop</h1>');
  await waitForReady(ostler, 'shop');
});

test('with a full disk the server goes on with what it had, says so, and heals when there is room', async () => {
  await server.fillDisk();
  await apply(shop.replace('/srv/shop', '/srv/shop2'));
  await waitFor('the change is not called Ready', async () => {
    return conditionOf(await read('shop'))?.status !== ConditionStatus.TRUE;
  });
  expect((await page('shop.test')).text).toBe('<h1>shop</h1>');
  await server.freeDisk();
  await waitForReady(ostler, 'shop');
  expect((await page('shop.test')).text).toBe('second');
});

test('a deleted site is gone from the server, and its domain is free again', async () => {
  expect((await page('shop.test')).text).toBe('second');
  await ostler.resources.delete({ requestId: newRequestId(), kind: Kind.SITE, name: 'shop' });
  await waitFor('the page is gone', async () => (await page('shop.test')).text !== 'second');
  await waitFor('the domain is free', async () => {
    await apply(shop.replace('name: shop', 'name: next'));
    return true;
  });
  await waitForReady(ostler, 'next');
});
