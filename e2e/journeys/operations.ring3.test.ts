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

test('a diagnosis names what the server can do', async () => {
  const uid = await start('diagnose');
  expect(await ended(uid)).toMatchObject({ state: State.SUCCEEDED });
  expect(await outputOf(uid)).toMatch(/yes systemd: systemd 2[\s\S]*yes nginx: nginx 1/);
});
