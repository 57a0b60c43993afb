import { generateKeyPairSync } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  agentReleases,
  bootServer,
  closeTestNetwork,
  type ConnectProxy,
  type ExecOutput,
  type OstlerProcess,
  startConnectProxy,
  startOstler,
  testNetwork,
  type TestServer,
  waitFor,
  waitForConnected,
} from '../harness';
import { applyText, waitForReady } from './journey';

// One bare server, in order: what is refused, the one line through a proxy, repairs, removal, and the other ways to
// join: by IPv6 with user data, let in by hand, and as a golden image.

let control: OstlerProcess;
let ostler: Ostler;
let server: TestServer;
let proxy: ConnectProxy;
let served: string;

beforeAll(async () => {
  const { machineAddress } = await testNetwork();
  control = await startAt(machineAddress);
  ostler = await control.signIn();
  server = await bootServer({ name: 'bare', memoryMiB: 1024 });
  proxy = await startConnectProxy(machineAddress);
  served = await packageOf(join(control.dataFolder, 'agent-releases'));
  await applyText(ostler, site);
});

afterAll(async () => {
  await proxy?.close();
  await control?.stop();
  await closeTestNetwork();
  await control?.remove();
});

const startAt = async (address: string, again?: OstlerProcess) =>
  startOstler({
    ...(again && { dataFolder: again.dataFolder, ports: again.ports }),
    environment: { OSTLER_PUBLIC_ADDRESS: address, OSTLER_AGENT_RELEASES: await agentReleases() },
  });

const site = `
kind: Site
name: joined
spec:
  placement: { selector: { role: joiner } }
  domains: [joined.test]
  handler: { fixedResponse: { status: 200, body: hello } }
`;

/** The control plane takes a release within seconds of its start. */
async function packageOf(folder: string): Promise<string> {
  let found: string | undefined;
  await waitFor('the package is served', async () => {
    for (const version of await readdir(folder)) {
      const name = (await readdir(join(folder, version))).find((one) => one.endsWith('.tar.gz'));
      if (name && !version.startsWith('.')) found = join(folder, version, name);
    }
    return found !== undefined;
  });
  return found!;
}

const newToken = (wish: Parameters<Ostler['fleet']['createJoinToken']>[0] = {}) =>
  ostler.fleet.createJoinToken({ requestId: newRequestId(), labels: { role: 'joiner' }, ...wish });

/** As a person types it; with `set -o pipefail` the code of curl is seen. */
const type = (line: string, environment = ''): Promise<ExecOutput> =>
  server.exec(['/bin/bash', '-o', 'pipefail', '-c', `${environment} ${line}`.trim()], { timeoutMs: 240_000 });

async function typeWell(line: string, environment = ''): Promise<string> {
  const { code, stdout, stderr } = await type(line, environment);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const get = async (name: string) => (await ostler.fleet.getServer({ name })).server!;
const uninstall = (line: string) => typeWell(line.replace(/sh -s -- .*$/, 'sh -s -- --uninstall --purge'));
const listOpt = async () => (await server.run(['ls', '/opt/ostler-agent'])).trim();
const isActive = async (unit: string) => (await server.exec(['systemctl', 'is-active', unit])).stdout.trim();

test('a control plane with another key than the pinned one is not listened to', async () => {
  const { command } = await newToken();
  const { code } = await type(command.replace(/'sha256\/\/..../, "'sha256//AAAA"));
  expect(code).toBe(90);
  expect((await server.exec(['ls', '/opt/ostler-agent'])).code).not.toBe(0);
});

test('a package that was changed on its way is refused, and leaves nothing', async () => {
  const { command } = await newToken();
  const whole = await readFile(served);
  const tampered = Buffer.from(whole);
  tampered[tampered.length >> 1]! ^= 1;
  await writeFile(served, tampered);
  const { code, stderr } = await type(command);
  await writeFile(served, whole);
  expect([code, stderr]).toEqual([76, expect.stringContaining('it is not what the control plane named')]);
  expect(await listOpt()).toBe('');
  expect(await isActive('ostler-agent')).toBe('inactive');
});

test('a release that another key signed is refused, by openssl as by the node of the package', async () => {
  const { command } = await newToken();
  const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString();
  await server.writeFile('/etc/ostler/release-key.pub', other);
  const quick = await type(command);
  expect([quick.code, quick.stderr]).toEqual([76, expect.stringContaining('not signed by the key')]);
  await server.run(['mv', '/usr/bin/openssl', '/usr/bin/openssl.away']);
  const slow = await type(command);
  await server.run(['mv', '/usr/bin/openssl.away', '/usr/bin/openssl']);
  expect([slow.code, slow.stderr]).toEqual([76, expect.stringContaining('not signed by the key')]);
  expect(await listOpt()).toBe('');
  await server.run(['rm', '/etc/ostler/release-key.pub']);
});

test('one line joins a bare server through a proxy, and its site is served', async () => {
  const { command } = await newToken();
  const environment = `export https_proxy=http://${(await testNetwork()).machineAddress}:${proxy.port};`;
  expect(await typeWell(command, environment)).toContain('Joined as bare.');
  await waitForReady(ostler, 'joined');
  const answer = await server.run(['curl', '-fsS', '-H', 'Host: joined.test', 'http://127.0.0.1/']);
  expect(answer).toBe('hello');
  const { ports } = control;
  for (const port of [ports.public, ports.agent]) {
    expect(proxy.tunnels.filter((to) => to.endsWith(`:${port}`)).length).toBeGreaterThan(0);
  }
});

test('what the installer leaves is what it promises', async () => {
  const modes = await server.run([
    'stat',
    '-c',
    '%a %U %n',
    '/etc/ostler/policy',
    '/etc/ostler/release-key.pub',
  ]);
  expect(modes.trim().split('\n')).toEqual([
    '644 root /etc/ostler/policy',
    '644 root /etc/ostler/release-key.pub',
  ]);
  expect((await server.run(['systemctl', 'is-enabled', 'ostler-agent'])).trim()).toBe('enabled');
  const status = await server.run(['ostler-agent', 'status']);
  expect(status).toMatch(/as bare \(.*\)\.\nIts key is sha256\/\/\S+\.\n$/);
  // The token is nobody's business.
  expect((await server.exec(['grep', '-r', 'ost_join_', '/opt', '/etc/ostler', '/run'])).stdout).toBe('');
});

test('run again, it puts back what is missing or broken, and the server keeps who it is', async () => {
  const { uid } = await get('bare');
  const { command, joinToken } = await newToken();
  const home = '/opt/ostler-agent';
  const version = (await server.run(['readlink', `${home}/current`])).trim();
  await server.writeFile('/etc/ostler/policy', '# mine\n');
  await server.run(['systemctl', 'stop', 'ostler-agent']);
  await server.run(['rm', '/etc/systemd/system/ostler-agent.service', '/usr/local/bin/ostler-agent']);
  await server.run(['ln', '-sfn', 'nowhere', `${home}/current`]);
  await server.run(['truncate', '--size', '1000', `${home}/${version}/agent.cjs`]);
  await server.run(['mkdir', `${home}/.staging.1`]);
  expect(await typeWell(command)).toContain('has joined already, as bare');
  await server.waitForUnit('ostler-agent.service');
  await waitForConnected(ostler, 'bare');
  expect(await server.readFile('/etc/ostler/policy')).toBe('# mine\n');
  expect([await listOpt(), (await get('bare')).uid]).toEqual([`${version}\ncurrent`, uid]);
  const { joinTokens } = await ostler.fleet.listJoinTokens({});
  expect(joinTokens.find((token) => token.uid === joinToken!.uid)?.uses).toBe(0);
  // Nothing is wrong: nothing is downloaded, and the agent goes on.
  const pid = await server.run(['systemctl', 'show', '--property=MainPID', 'ostler-agent']);
  expect(await typeWell(command)).toContain('is here and whole');
  expect(await server.run(['systemctl', 'show', '--property=MainPID', 'ostler-agent'])).toBe(pid);
});

test('without its data, the agent goes and what it serves stays; installed again, it is the same server', async () => {
  const { uid } = await get('bare');
  const { command } = await newToken();
  await typeWell(command.replace(/sh -s -- .*$/, 'sh -s -- --uninstall'));
  expect((await server.exec(['ls', '/opt/ostler-agent', '/usr/local/bin/ostler-agent'])).stdout).toBe('');
  expect((await server.exec(['systemctl', 'cat', 'ostler-agent'])).code).not.toBe(0);
  expect(await server.run(['curl', '-fsS', '-H', 'Host: joined.test', 'http://127.0.0.1/'])).toBe('hello');
  await typeWell(command);
  await waitForConnected(ostler, 'bare');
  expect((await get('bare')).uid).toBe(uid);
});

test('with its data, nothing is left, and nginx goes on without the sites', async () => {
  const said = await uninstall((await newToken()).command);
  expect(said).toContain('the private keys of its certificates');
  const left = await server.exec(['ls', '/opt/ostler-agent', '/var/lib/ostler-agent', '/etc/ostler']);
  expect(left.stdout).toBe('');
  await server.run(['nginx', '-t', '-q']);
  expect(await server.run(['ls', '/etc/nginx/conf.d'])).not.toContain('ostler');
});

test('user data of a first boot joins by IPv6, and the server waits until somebody lets it in', async () => {
  await control.stop();
  control = await startAt((await testNetwork()).machineIpv6Address, control);
  ostler = await control.signIn();
  const { cloudInit } = await newToken({ waitingRoom: true });
  expect(cloudInit).toContain("'https://[fd57:");
  const [entry = ''] = cloudInit.split('\n').filter((line) => line.startsWith('  - '));
  const said = await typeWell(JSON.parse(entry.slice(4)) as string);
  const key = /The key of this server is (sha256\/\/\S+)\./.exec(said)?.[1];
  await server.waitForUnit('ostler-agent.service');
  const { waitingServers } = await ostler.fleet.listWaitingServers({});
  expect(waitingServers.map(({ name, keyFingerprint }) => [name, keyFingerprint])).toEqual([['bare', key]]);
  expect((await server.exec(['ostler-agent', 'status'])).stdout).toContain('Waiting to be let in');
  const { server: letIn } = await ostler.fleet.decideWaitingServer({
    requestId: newRequestId(),
    uid: waitingServers[0]!.uid,
    letIn: true,
  });
  // The first of that name is still listed: its data is gone, its name is not.
  expect(letIn!.name).toBe('bare-2');
  await waitForConnected(ostler, 'bare-2');
});

test('a copy of a golden image makes who it is at its first boot', async () => {
  const { command, token } = await newToken();
  await uninstall(command);
  await typeWell(command.replace(/sh -s -- .*$/, `sh -s -- --image --ca ${command.split('--ca ')[1]}`));
  expect((await server.exec(['ls', '/var/lib/ostler-agent/identity'])).stdout).toBe('');
  await server.writeFile('/etc/ostler/join-token', `${token}\n`, '0600');
  await server.run(['sync']);
  await server.reboot();
  await waitForConnected(ostler, 'bare-3');
  expect((await server.exec(['cat', '/etc/ostler/join-token'])).code).not.toBe(0);
});
