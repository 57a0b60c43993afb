import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { create } from '@bufbuild/protobuf';
import { createConnectTransport } from '@connectrpc/connect-node';
import { ConditionStatus, Kind, type Resource, ResourceSchema, Server_State } from '@ostler/contracts';
import { createOstler, newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { type ControlPlanePackage, makeControlPlanePackage } from '../../deploy/control-plane/make-package';
import {
  bootServer,
  closeTestNetwork,
  joinServer,
  type TestServer,
  waitFor,
  waitForConnected,
} from '../harness';

// One server with the control plane as a service, and the agent of that very server beside it.

vi.setConfig({ testTimeout: 300_000 });

const password = 'a password for tests only';
let folder: string;
let made: ControlPlanePackage;
let mounted: string;
let server: TestServer;
let ostler: Ostler;
let email: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-service-'));
  made = await makeControlPlanePackage(folder);
  server = await bootServer({ name: 'service', memoryMiB: 1024 });
  mounted = await server.mountDirectory(made.folder);
});
afterAll(async () => {
  await closeTestNetwork();
  await rm(folder, { recursive: true, force: true });
});

function connect(token?: string): Ostler {
  const transport = createConnectTransport({
    baseUrl: `https://${server.address}:7443`,
    httpVersion: '1.1',
    nodeOptions: { rejectUnauthorized: false },
    interceptors: [
      (next) => (request) => {
        if (token) request.header.set('authorization', `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  return createOstler({ transport });
}

async function signIn(secret = password): Promise<Ostler> {
  const { sessionToken } = await connect().identity.signIn({ email, password: secret, withToken: true });
  return connect(sessionToken);
}

const stateOf = async () => (await ostler.fleet.getServer({ name: 'service' })).server!;

function site(name: string, text = name): Resource {
  const answer = { case: 'fixedResponse', value: { status: 200, body: text } } as const;
  const value = { placement: { server: 'service' }, domains: [`${name}.test`], handler: { answer } };
  return create(ResourceSchema, {
    meta: { kind: Kind.SITE, name },
    spec: { case: 'site', value },
  });
}

async function serve(name: string, text = name): Promise<void> {
  await ostler.resources.apply({ requestId: newRequestId(), resources: [site(name, text)] });
  await waitFor(`${name} is served`, async () => (await body(name)) === text);
}

async function body(name: string): Promise<string> {
  const { stdout } = await server.exec(['curl', '-s', '-H', `Host: ${name}.test`, 'http://127.0.0.1/']);
  return stdout;
}

test('is installed, shows its first login once, and is not root', async () => {
  const said = await server.run(['sh', `${mounted}/install.sh`], { timeoutMs: 240_000 });
  const [, mail, first] = /^(\S+@\S+)\s+(\S+)$/m.exec(said)!;
  email = mail!;
  expect(said).toContain(`https://${server.address}:7443`);
  const journal = await server.journal({ unit: 'ostler-control-plane' });
  expect(journal).toContain('Console https://');
  for (const secret of [first!, 'ost_join_']) expect(journal).not.toContain(secret);
  const users = (await server.run(['ps', '-o', 'user:20=', '-C', 'node,postgres'])).trim().split('\n');
  expect(new Set(users.map((user) => user.trim()))).toEqual(new Set(['ostler']));

  const { sessionToken } = await connect().identity.signIn({ email, password: first, withToken: true });
  await connect(sessionToken).identity.changePassword({ currentPassword: first, newPassword: password });
  ostler = await signIn();
});

test('has a unit that systemd understands to the last line', async () => {
  const unit = '/etc/systemd/system/ostler-control-plane.service';
  const { code, stdout, stderr } = await server.exec(['systemd-analyze', 'verify', unit]);
  expect({ code, said: `${stdout}${stderr}` }).toEqual({ code: 0, said: '' });
});

test('its own machine joins like every other and is served', async () => {
  await joinServer(ostler, server, { name: 'service' });
  await serve('before');
});

test('is upgraded without its agents flapping', async () => {
  const { version } = made;
  await writeFile(join(made.folder, 'VERSION'), `${version}-next\n`);
  const agentPid = await server.run(['systemctl', 'show', '--property=MainPID', 'ostler-agent']);
  const since = (await stateOf()).stateSince;
  await server.run(['sh', `${mounted}/install.sh`], { timeoutMs: 240_000 });
  await waitFor(
    'the agent is back',
    async () => (await stateOf()).lastSeenAt!.seconds > BigInt(Math.floor(Date.now() / 1000) - 3),
  );
  expect(await stateOf()).toMatchObject({ state: Server_State.CONNECTED, stateSince: since });
  expect(await server.run(['systemctl', 'show', '--property=MainPID', 'ostler-agent'])).toBe(agentPid);
  const kept = (await server.run(['ls', '/opt/ostler-control-plane'])).trim().split('\n');
  expect(kept).toEqual([version, `${version}-next`, 'current']);
});

test('is backed up by root while it runs, and restored onto fresh data', async () => {
  await server.run(['ostler-control', 'backup', '/root/backup']);
  expect((await server.run(['stat', '-c', '%U %a', '/root/backup'])).trim()).toBe('root 600');
  await serve('after');
  await serve('before', 'changed since');

  await server.run(['systemctl', 'stop', 'ostler-control-plane']);
  await server.run(['mv', '/var/lib/ostler', '/root/lost']);
  await server.run(['sh', `${mounted}/install.sh`, '--no-start']);
  const said = await server.run(['ostler-control', 'restore', '/root/backup'], { timeoutMs: 120_000 });
  expect(said).toMatch(/1 servers, 1 resources/);
  expect((await server.run(['find', '/var/lib/ostler', '!', '-user', 'ostler'])).trim()).toBe('');
  await server.run(['systemctl', 'start', 'ostler-control-plane']);
  await waitFor('it is ready', async () => (await server.exec(['ostler-control', 'ready'])).code === 0);
});

test('its agent comes back, and what it holds beyond the backup is shown and goes on', async () => {
  ostler = await signIn();
  await waitForConnected(ostler, 'service');
  await waitFor('the orphan is shown', async () => (await stateOf()).orphans.length === 1);
  const { orphans } = await stateOf();
  expect(orphans).toMatchObject([{ kind: 'SITE', name: 'after', generation: 1n }]);
  await waitFor('what was changed is set back', async () => (await body('before')) === 'before');
  await waitFor('it is ready in the new epoch', async () => {
    const { resource } = await ostler.resources.get({ kind: Kind.SITE, name: 'before' });
    return resource?.status?.conditions[0]?.status === ConditionStatus.TRUE;
  });
  expect(await body('after')).toBe('after');
  const { entries } = await ostler.audit.list({ pageSize: 100 });
  expect(entries.find(({ actor }) => actor === 'restore')?.message).toBe(
    'It came back from epoch 1. Set back to the generation of the backup: before (from 2 to 1). Not known here, and left running: after.',
  );

  await ostler.fleet.discardOrphans({
    requestId: newRequestId(),
    name: 'service',
    uids: orphans.map(({ uid }) => uid),
  });
  await waitFor('the orphan is gone', async () => (await stateOf()).orphans.length === 0);
  await waitFor('nothing serves it', async () => (await body('after')) !== 'after');
  expect(await body('before')).toBe('before');
});

test('is there again after a power loss', async () => {
  await server.powerLoss();
  await waitFor('it is ready', async () => (await server.exec(['ostler-control', 'ready'])).code === 0);
  await waitForConnected(ostler, 'service');
  await waitFor('the site is served', async () => (await body('before')) === 'before');
});
