import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { ConditionStatus, Kind, SiteSpecSchema } from '@ostler/contracts';
import { systemClock, type ResourceUid, type TenantUid } from '@ostler/kernel';
import { expect, test } from 'vitest';
import type { DriverContext, Output, PlacedResource, Reconciled } from '../../reconcile/driver.port';
import { FakeServer, FOLDER } from '../../targets/nginx/fake-server.fixture';
import { conditionOfError } from '../../reconcile/conditions';
import { SiteDriver, type SiteDriverParts } from './driver';
import { DEFAULT_SITE_POLICY, type SitePolicy } from './policy';

const UID = '00000000-0000-7000-8000-000000000001' as ResourceUid;
const CERTIFICATE = '00000000-0000-7000-8000-00000000000c';

function placed(spec: MessageInitShape<typeof SiteSpecSchema>): PlacedResource {
  const edges = [
    { $typeName: 'ostler.link.v1.Edge' as const, kind: Kind.CERTIFICATE, name: 'cert', uid: CERTIFICATE },
  ];
  const value = create(SiteSpecSchema, { domains: ['a.test'], ...spec });
  return {
    uid: UID,
    kind: Kind.SITE,
    name: 'a',
    tenantUid: 't' as TenantUid,
    generation: 1n,
    epoch: 1n,
    spec: { case: 'site', value },
    edges,
  };
}

class World {
  readonly server = new FakeServer();
  readonly driver: SiteDriver;
  readonly secrets = new Map<string, string>();
  readonly outputs = new Map<string, Output>();
  wakes = 0;

  constructor(policy?: SitePolicy, localRoots?: SiteDriverParts['localRoots']) {
    const { net, files } = this.server;
    const target = this.server.start();
    this.driver = new SiteDriver({ target, net, files, clock: systemClock, policy, localRoots });
  }

  context(): DriverContext {
    return {
      clock: systemClock,
      log: () => undefined,
      secret: (uid, version) => {
        const text = this.secrets.get(`${uid}/${version}`);
        return text === undefined ? undefined : Buffer.from(text);
      },
      output: (uid) => this.outputs.get(uid),
      placed: () => [],
      release: (digest) => Promise.resolve(`/state/releases/${digest.slice(7, 11)}`),
      parked: (wait) => wait(),
      wake: () => void (this.wakes += 1),
    };
  }

  reconcile(spec: MessageInitShape<typeof SiteSpecSchema>): Promise<Reconciled> {
    return this.driver.reconcile(placed(spec), this.context());
  }

  siteFile(): string {
    const files = Object.entries(this.server.files.tree(`${FOLDER}/sites/${UID}`));
    return files.filter(([path]) => path.endsWith('site.conf')).at(-1)?.[1] ?? '';
  }
}

function shown({ conditions }: Reconciled): string[] {
  return conditions.map(({ type, status, reason }) => `${type}=${ConditionStatus[status]} ${reason}`);
}

const fixed = { answer: { case: 'fixedResponse' as const, value: { status: 200, body: 'x' } } };
const proxied = (host: string, healthCheck?: { path: string; unhealthyThreshold: number }) => ({
  handler: { answer: { case: 'proxy' as const, value: { upstream: 'app' } } },
  upstreams: [{ name: 'app', servers: [{ host, port: 8080 }], healthCheck }],
});

test('a site is Ready once nginx serves it, and says where', async () => {
  const world = new World();
  const result = await world.reconcile({ handler: fixed });
  expect(shown(result)).toEqual(['Ready=TRUE SERVING']);
  expect(result.detail?.value).toMatchObject({ urls: ['http://a.test'] });
  expect(world.server.nginx.loaded.domains.get('a.test')).toBe(UID);
});

test('a site without its certificate serves port 80 and is not Ready; with it, it has both', async () => {
  const world = new World();
  const spec = {
    handler: fixed,
    tls: { certificate: { kind: Kind.CERTIFICATE, name: 'cert' }, forceHttps: true },
  };
  expect(shown(await world.reconcile(spec))).toEqual(['Ready=FALSE CERTIFICATE_PENDING']);
  expect(world.siteFile()).not.toContain('ssl');
  world.outputs.set(CERTIFICATE, {
    case: 'certificate',
    certificatePath: '/c.crt',
    privateKeyPath: '/c.key',
    fingerprint: 'f1',
    domains: ['a.test'],
    notAfterMs: 0,
  });
  const result = await world.reconcile(spec);
  expect(shown(result)).toEqual(['Ready=TRUE SERVING']);
  expect(result.detail?.value).toMatchObject({ urls: ['https://a.test', 'http://a.test'] });
});

test('a password that has not arrived is waited for, and its hash stays the same', async () => {
  const world = new World();
  const spec = {
    handler: fixed,
    basicAuth: { users: [{ username: 'ann', password: { uid: 's', version: 3 } }] },
  };
  expect(shown(await world.reconcile(spec))).toEqual(['Ready=FALSE SECRET_PENDING']);
  expect(world.server.nginx.loaded.domains.size).toBe(0);
  world.secrets.set('s/3', 'word');
  expect(shown(await world.reconcile(spec))).toEqual(['Ready=TRUE SERVING']);
  const before = world.server.files.tree(FOLDER);
  world.secrets.clear();
  await world.reconcile(spec);
  expect(world.server.nginx.reloads).toBe(1);
  expect(
    Object.entries(before)
      .filter(([path]) => path.endsWith('users-main'))
      .map(([, text]) => text),
  ).toEqual([expect.stringMatching(/^ann:\$2b\$06\$.{53}\n$/)]);
});

test('a password that bcrypt would cut is refused', async () => {
  const world = new World();
  world.secrets.set('s/1', 'x'.repeat(73));
  await expect(
    world.reconcile({
      handler: fixed,
      basicAuth: { users: [{ username: 'ann', password: { uid: 's', version: 1 } }] },
    }),
  ).rejects.toThrow('at most 72 bytes');
});

test('a name that does not resolve is Degraded, not refused; when it resolves the site is woken', async () => {
  const world = new World();
  const result = await world.reconcile(proxied('app.internal'));
  expect(shown(result)).toEqual(['Ready=TRUE SERVING', 'Degraded=TRUE UPSTREAM_UNHEALTHY']);
  expect(world.siteFile()).toContain('return 502;');
  world.driver.stop();
});

test('a name that resolves to the metadata address never reaches the configuration', async () => {
  const world = new World();
  world.server.net.names.set('sly.test', ['169.254.169.254', '192.0.2.1']);
  const result = await world.reconcile(proxied('sly.test'));
  expect(result.conditions[1]?.message).toContain('169.254.0.0/16');
  expect(world.siteFile()).toContain('server 192.0.2.1:8080;');
  expect(world.siteFile()).not.toContain('169.254');
  world.driver.stop();
});

test('an upstream that fails its check is marked down, and the site is woken', async () => {
  const world = new World();
  const spec = proxied('192.0.2.1', { path: '/health', unhealthyThreshold: 1 });
  const { answer } = world.server.net;
  world.server.net.answer = (request) => (request.address === '192.0.2.1' ? undefined : answer(request));
  await world.reconcile(spec);
  await expect.poll(() => world.wakes).toBe(1);
  const result = await world.reconcile(spec);
  expect(shown(result)).toEqual(['Ready=TRUE SERVING', 'Degraded=TRUE UPSTREAM_UNHEALTHY']);
  expect(world.siteFile()).toContain('server 192.0.2.1:8080 down;');
  world.driver.stop();
});

test('folders: missing, linked out of what the policy allows, owned by another user', async () => {
  const world = new World();
  const root = (path: string) =>
    world.reconcile({ handler: { answer: { case: 'staticFiles', value: { root: path } } } });
  await expect(root('/srv/none')).rejects.toThrow('/srv does not exist');
  world.server.files.seed('/srv/real/index.html', 'x');
  expect(shown(await root('/srv/real'))).toEqual(['Ready=TRUE SERVING']);
  await world.server.files.linkAtomic('/srv/out', '/etc');
  await expect(root('/srv/out')).rejects.toThrow('leads out of the folders');
  await world.server.files.linkAtomic('/srv/up', '../srv/real');
  expect(shown(await root('/srv/up'))).toEqual(['Ready=TRUE SERVING']);
  await world.server.files.linkAtomic('/srv/loop', 'loop');
  await expect(root('/srv/loop')).rejects.toThrow('too many links');
});

test('folders that the administrator does not allow are refused with file and line, and what was served goes on', async () => {
  let roots = ['/srv'];
  const world = new World(undefined, () => ({
    roots,
    source: 'allowed_roots in /etc/ostler/policy, line 4',
  }));
  const spec = { handler: { answer: { case: 'staticFiles' as const, value: { root: '/srv/shop' } } } };
  world.server.files.seed('/srv/shop/index.html', 'x');
  expect(shown(await world.reconcile(spec))).toEqual(['Ready=TRUE SERVING']);
  const served = world.siteFile();

  roots = ['/var/www'];
  expect(() => world.driver.check(placed(spec))).not.toThrow();
  const refused = await world.reconcile(spec);
  expect(shown(refused)).toEqual(['Ready=FALSE POLICY_REFUSED']);
  expect(refused.conditions[0]?.message).toMatch(/must lie below \/var\/www \(allowed_roots in .*, line 4\)/);
  expect(world.siteFile()).toBe(served);
  const preview = await world.driver.preview([{ uid: UID, resource: placed(spec) }], world.context());
  expect(preview).toMatchObject({ valid: false });
  expect(preview.message).toContain('line 4');

  roots = [];
  expect((await world.reconcile(spec)).conditions[0]?.message).toContain('no folder may be served here');
  roots = ['/'];
  expect(shown(await world.reconcile(spec))).toEqual(['Ready=TRUE SERVING']);
});

test('without nginx a site says so; once nginx is there it is served', async () => {
  const world = new World();
  world.server.isMissing = true;
  expect(shown(await world.reconcile({ handler: fixed }))).toEqual(['Ready=FALSE NGINX_MISSING']);
  expect(
    await world.driver.preview([{ uid: UID, resource: placed({ handler: fixed }) }], world.context()),
  ).toMatchObject({ valid: false });
  world.server.isMissing = false;
  expect(shown(await world.reconcile({ handler: fixed }))).toEqual(['Ready=TRUE SERVING']);
});

test('a site that was never served is removed although there is no nginx; one that was waits for it', async () => {
  const world = new World();
  world.server.isMissing = true;
  await world.driver.remove(UID, world.context());
  world.server.files.seed(`${FOLDER}/sites/${UID}/digest/site.conf`, 'left by an earlier agent');
  await expect(world.driver.remove(UID, world.context())).rejects.toThrow('nginx is not installed');
});

test('a hand edit is reported or put back', async () => {
  const world = new World();
  await world.reconcile({ handler: fixed });
  const [path] = Object.keys(world.server.files.tree(`${FOLDER}/sites`)).filter((name) =>
    name.endsWith('site.conf'),
  );
  world.server.files.seed(path!, `${world.siteFile()}# mine\n`);
  const reported = await world.reconcile({ handler: fixed });
  expect(shown(reported)).toEqual(['Ready=TRUE SERVING', 'Drifted=TRUE EDITED_BY_HAND']);
  expect(reported.drift?.[0]?.diff).toContain('+# mine');
  const enforced = await world.reconcile({ handler: fixed, driftPolicy: 2 });
  expect(shown(enforced)).toEqual(['Ready=TRUE SERVING', 'Drifted=FALSE PUT_BACK']);
  expect(world.siteFile()).not.toContain('# mine');
});

test('what is removed is gone: from nginx, from disk, with its logs', async () => {
  const world = new World();
  await world.reconcile({ handler: fixed });
  world.server.files.seed(`${FOLDER}/logs/${UID}.access.log`, 'line');
  await world.driver.remove(UID, world.context());
  expect(world.server.nginx.loaded.domains.size).toBe(0);
  expect(world.server.files.tree(`${FOLDER}/logs`)).toEqual({});
});

test('a removal that nginx does not let through is not done', async () => {
  const world = new World();
  await world.reconcile({ handler: fixed });
  world.server.nginx.testFault = 'crashes';
  await expect(world.driver.remove(UID, world.context())).rejects.toThrow('fails its test');
  world.server.nginx.testFault = 'none';
  await world.driver.remove(UID, world.context());
  expect(world.server.nginx.loaded.domains.size).toBe(0);
});

test('a preview shows files and actions and changes nothing', async () => {
  const world = new World();
  await world.reconcile({ handler: fixed });
  const before = world.server.files.tree();
  const preview = await world.driver.preview(
    [{ uid: UID, resource: placed({ handler: fixed, headers: [{ name: 'X-New', value: 'y' }] }) }],
    world.context(),
  );
  expect(preview).toMatchObject({
    valid: true,
    actions: ['test the configuration of nginx', 'reload nginx'],
  });
  expect(preview.files[0]?.diff).toContain('+    add_header X-New y always;');
  const bad = await world.driver.preview(
    [{ uid: UID, resource: placed({ handler: fixed, domains: ['BAD'] }) }],
    world.context(),
  );
  expect(bad).toMatchObject({ valid: false, message: expect.stringContaining('domains[0]') });
  expect(world.server.files.tree()).toEqual(before);
});

const files = (root: string) => ({
  handler: { answer: { case: 'staticFiles' as const, value: { root } } },
});

test.each([
  ['a folder outside of the local policy', files('/opt/app'), 'handler.staticFiles.root'],
  ['a folder that is not there', files('/srv/missing'), 'handler.staticFiles.root'],
  ['a link that leads out', files('/srv/out'), 'handler.staticFiles.root'],
  ['a file in place of a folder', files('/srv/file'), 'handler.staticFiles.root'],
  ["the server's own port", { ...proxied('127.0.0.1'), upstreams: own(80) }, 'upstreams[0].servers[0]'],
  ["the agent's own port", { ...proxied('::1'), upstreams: own(7444) }, 'upstreams[0].servers[0]'],
])(
  '%s, which only this server can refuse, is told by a preview and by the condition',
  async (_what, spec, field) => {
    const world = new World({ ...DEFAULT_SITE_POLICY, refusedLocalPorts: [7444] });
    await world.server.files.makeFolder('/srv', 0o755);
    for (const folder of ['/opt', '/opt/app']) await world.server.files.makeFolder(folder, 0o755);
    await world.server.files.writeAtomic('/srv/file', '', { mode: 0o644 });
    await world.server.files.linkAtomic('/srv/out', '/opt/app');
    await world.reconcile({ handler: fixed });

    const before = world.server.files.tree('/');
    const preview = await world.driver.preview([{ uid: UID, resource: placed(spec) }], world.context());
    expect(preview).toMatchObject({ valid: false, files: [], actions: [] });
    expect(preview.message).toContain(`${field}`);
    const refused = await world.reconcile(spec).catch((error: unknown) => conditionOfError(error));
    expect(refused).toMatchObject({ type: 'Ready', status: ConditionStatus.FALSE, reason: 'INVALID' });
    expect(refused).toMatchObject({ message: expect.stringContaining(field) as string });
    expect(world.server.files.tree('/')).toEqual(before);
  },
);

function own(port: number) {
  return [{ name: 'app', servers: [{ host: '127.0.0.1', port }] }];
}
