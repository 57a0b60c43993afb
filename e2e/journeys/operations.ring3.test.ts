import { Operation_State as State, type Operation, type OperationSpec } from '@ostler/contracts';
import { followOutput, newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  bootJoinedServer,
  closeTestNetwork,
  IMAGE_WITHOUT_NGINX,
  type OstlerProcess,
  startOstler,
  testNetwork,
  type TestServer,
  waitFor,
} from '../harness';
import { resourcesOf, waitForReady } from './journey';

// Operations on a server that has no nginx yet, while its agent is killed.

const HELLO = `
kind: Site
name: hello
spec:
  placement: { server: bare }
  domains: [hello.test]
  handler: { fixedResponse: { status: 200, body: hello } }
`;

let control: OstlerProcess;
let ostler: Ostler;
let server: TestServer;

beforeAll(async () => {
  const { machineAddress } = await testNetwork();
  control = await startOstler({ environment: { OSTLER_PUBLIC_ADDRESS: machineAddress } });
  ostler = await control.signIn();
  ({ server } = await bootJoinedServer(ostler, { name: 'bare', image: IMAGE_WITHOUT_NGINX }));
});

afterAll(async () => {
  await control?.stop();
  await closeTestNetwork();
  await control?.remove();
});

type Case = NonNullable<OperationSpec['operation']['case']>;

async function start(kind: Case): Promise<string> {
  const { operation } = await ostler.operations.start({
    requestId: newRequestId(),
    server: 'bare',
    spec: { operation: { case: kind, value: {} } },
  });
  return operation?.uid ?? '';
}

async function read(uid: string): Promise<Operation> {
  const { operation } = await ostler.operations.get({ uid });
  if (!operation) throw new Error(`operation ${uid} is gone`);
  return operation;
}

async function ended(uid: string): Promise<Operation> {
  let last: Operation | undefined;
  await waitFor(`operation ${uid} has ended`, async () => {
    last = await read(uid);
    return last.state !== State.PENDING && last.state !== State.RUNNING;
  });
  return last!;
}

async function outputOf(uid: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of followOutput(ostler, uid)) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

test('a no-op goes there and back', async () => {
  expect(await ended(await start('noop'))).toMatchObject({ state: State.SUCCEEDED });
});

test('what needs nginx says that it is missing, and the way out', async () => {
  const operation = await ended(await start('testNginxConfiguration'));
  expect(operation).toMatchObject({ state: State.FAILED, reason: 'CAPABILITY_MISSING' });
  expect(operation.message).toContain('install');
});

test('nginx is installed although the agent is killed meanwhile, once, with its whole output', async () => {
  const uid = await start('installNginx');
  await waitFor('apt-get runs', async () => (await server.exec(['pgrep', '-x', 'apt-get'])).code === 0);
  await server.run(['systemctl', 'kill', '--signal=SIGKILL', 'ostler-agent']);
  const operation = await ended(uid);
  expect(operation, operation.message).toMatchObject({ state: State.SUCCEEDED, exitCode: 0 });
  const output = await outputOf(uid);
  expect(Buffer.byteLength(output)).toBe(Number(operation.outputBytes));
  expect(output.match(/Setting up nginx /g)).toHaveLength(1);
  // The end is told before the units are put away.
  const list = ['systemctl', 'list-units', '--all', '--plain', '--no-legend', 'ostler-op-*'];
  await waitFor('its units are put away', async () => (await server.run(list)).trim() === '');
});

test('a site is served by it, and its configuration is tested and shown', async () => {
  const request = { requestId: newRequestId(), resources: resourcesOf(HELLO) };
  // The connection may have been closed as idle meanwhile; the request id makes asking again the same request.
  await waitFor(
    'the site is applied',
    async () => (await ostler.resources.apply(request)).results.length === 1,
  );
  await waitForReady(ostler, 'hello');
  expect(await server.run(['curl', '-sS', '-H', 'Host: hello.test', 'http://127.0.0.1/'])).toBe('hello');
  expect(await ended(await start('testNginxConfiguration'))).toMatchObject({ state: State.SUCCEEDED });
  const shown = await start('showNginxConfiguration');
  await ended(shown);
  expect(await outputOf(shown)).toContain('hello.test');
});

test('a diagnose bundle tells of the server, its units, its trust and its trouble, and nothing secret', async () => {
  const uid = await start('diagnose');
  expect(await ended(uid)).toMatchObject({ state: State.SUCCEEDED });
  const bundle = await outputOf(uid);
  const section = (title: string): string =>
    bundle.split(/^== /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
  expect(section('Capabilities')).toMatch(/yes systemd: systemd 2[\s\S]*yes nginx: nginx 1/);
  expect(section('Units of Ostler and nginx')).toMatch(/ostler-agent\.service[\s\S]*active \(running\)/);
  expect(section("Journal of the agent's unit")).toContain('the agent is up');
  expect(section('Local policy')).toContain('/etc/ostler/policy');
  expect(section('Trust')).toMatch(/chain\.pem:\n {2}URI:ostler:server:\S+, from/);
  expect(section('What the agent holds')).toMatch(/ hello generation 1 .*Ready/);
  expect(section('Store')).toMatch(/agent\.db: \d+ bytes/);
  expect(bundle).not.toMatch(/PRIVATE KEY|ost_join_[A-Za-z0-9]/);
});

test('the facts of a server are those of its machine', async () => {
  const { server: seen } = await ostler.fleet.getServer({ name: 'bare' });
  const df = await server.run(['df', '--output=size,target', '-B1', '/']);
  const [size] = df.trim().split('\n').at(-1)!.trim().split(/\s+/);
  const root = seen?.facts?.disks.find(({ mountPoint }) => mountPoint === '/');
  expect(String(root?.sizeBytes)).toBe(size);
  expect(seen?.facts?.kernel).toBe((await server.run(['uname', '-r'])).trim());
  expect(seen?.facts?.architecture).toBe((await server.run(['uname', '-m'])).trim());
  expect(seen?.facts?.systemdVersion).toMatch(/^systemd 2\d\d/);
  expect(seen?.localPolicy).toMatchObject({ path: '/etc/ostler/policy' });
});

test('a disk that fills up is told, and the check of the connection knows when the agent is gone', async () => {
  const check = async () => (await ostler.fleet.checkConnection({ name: 'bare' })).message;
  expect(await check()).toMatch(/^The agent of bare answered in \d+ ms/);
  await server.run(['systemctl', 'stop', 'ostler-agent']);
  await waitFor('the end of its lane is known', async () => (await check()).includes('is not connected'));
  expect(await check()).toContain('systemctl status ostler-agent');
  const freeBefore = await freeOfRoot();
  const { sizeBytes } = (await rootDisk())!;
  await server.run(['fallocate', '-l', String(sizeBytes / 10n), '/var/tmp/filler']);
  await server.run(['systemctl', 'start', 'ostler-agent']);
  await waitFor('it answers again', async () => (await check()).includes('answered in'));
  await waitFor('less is free', async () => (await freeOfRoot()) < freeBefore - sizeBytes / 20n);
  await server.run(['rm', '/var/tmp/filler']);
});

async function rootDisk() {
  const { server: seen } = await ostler.fleet.getServer({ name: 'bare' });
  return seen?.facts?.disks.find(({ mountPoint }) => mountPoint === '/');
}

async function freeOfRoot(): Promise<bigint> {
  return (await rootDisk())?.freeBytes ?? 0n;
}
