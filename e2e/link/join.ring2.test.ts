import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { ErrorReason } from '@ostler/contracts';
import { AppError, newUid } from '@ostler/kernel';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createLinuxFiles } from '../../apps/agent/src/host/fs/linux';
import { finishJoining, join, joinStatus, PendingJoins } from '../../apps/agent/src/link';
import type { JoinDependencies } from '../../apps/agent/src/link';
import { AuthorityService, ListenerKeys } from '../../apps/control-plane/src/authority';
import { type LinkApp, startLinkApp } from '../../apps/control-plane/src/link/start-link-app.fixture';
import { startConnectProxy } from '../harness/connect-proxy';

// The agent's side of joining, against a real control plane behind TLS.

let app: LinkApp;
let controlUrl: string;
let closePublic: () => void;
let folder: string;
/** Connections that are accepted and closed at once, as while a control plane restarts. */
let refusals = 0;
const files = createLinuxFiles();
const wrongPin = `sha256//${Buffer.alloc(32).toString('base64')}`;

beforeAll(async () => {
  app = await startLinkApp();
  const [authority, keys] = [app.app.get(AuthorityService), app.app.get(ListenerKeys)];
  const { key, certificateChain } = await authority.issueForListener(['elsewhere.test'], keys.privateKey());
  // The leaf alone: by the key of the listener it is believed without its chain, and without its name.
  const [leaf] = certificateChain.split(/(?<=-----END CERTIFICATE-----\n)/);
  const server = createTlsServer({ key, cert: leaf! }, (socket) => {
    const plain = connectTcp(app.port, '127.0.0.1');
    socket.pipe(plain).pipe(socket);
    for (const end of [socket, plain]) end.on('error', () => undefined);
  });
  server.on('connection', (socket) => refusals-- > 0 && socket.destroy());
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  controlUrl = `https://127.0.0.1:${(server.address() as { port: number }).port}`;
  closePublic = () => server.close();
});
afterAll(async () => {
  closePublic();
  await app.close();
});
beforeEach(async () => {
  refusals = 0;
  folder = joinPath(await mkdtemp(joinPath(tmpdir(), 'ostler-join-')), 'identity');
});
afterEach(() => rm(joinPath(folder, '..'), { recursive: true }));

const record = async (change: { listenerPin?: string; caPin?: string; proxy?: string } = {}) => ({
  controlUrl,
  token: (await app.newToken()).token,
  caPin: app.app.get(AuthorityService).caPin(),
  listenerPin: app.app.get(ListenerKeys).pin(),
  name: 'edge',
  ...change,
});

const joinHere = async (
  change: Parameters<typeof record>[0] = {},
  dependencies: Partial<JoinDependencies> = { patienceMs: 0 },
) =>
  join({ ...(await record(change)), agentVersion: '1' }, { files, identityFolder: folder, ...dependencies });

const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error as AppError).reason,
  );

test('the key of the listener is enough, whatever its certificate says, and is kept', async () => {
  const { listenerPin } = await joinHere();
  expect(listenerPin).toBe(app.app.get(ListenerKeys).pin());
  const { joined, text } = await joinStatus(files, folder);
  expect([joined, text]).toEqual([true, expect.stringMatching(/^Joined https:.* as edge/)]);
});

test('another key of the listener is told nothing, and another authority is not believed', async () => {
  const { joinToken, token } = await app.newToken();
  const wish = {
    controlUrl,
    token,
    caPin: app.app.get(AuthorityService).caPin(),
    name: 'x',
    agentVersion: '1',
  };
  const here = { files, identityFolder: folder, patienceMs: 0 };
  expect(await reasonOf(join({ ...wish, listenerPin: wrongPin }, here))).toBe(ErrorReason.UNAUTHENTICATED);
  const { joinTokens } = await app.fleet.listJoinTokens({});
  expect(joinTokens.find(({ uid }) => uid === joinToken!.uid)?.uses).toBe(0);
  expect(await reasonOf(joinHere({ caPin: wrongPin }))).toBe(ErrorReason.UNAUTHENTICATED);
  expect((await joinStatus(files, folder)).joined).toBe(false);
});

test('through a proxy that tunnels it joins, and one that does not is named', async () => {
  const proxy = await startConnectProxy('127.0.0.1');
  await joinHere({ proxy: `http://me:secret@127.0.0.1:${proxy.port}` });
  expect(proxy.tunnels).toEqual([new URL(controlUrl).host]);
  await proxy.close();
  await rm(folder, { recursive: true });
  const dead = joinHere({ proxy: `http://me:secret@127.0.0.1:${proxy.port}` });
  await expect(dead).rejects.toThrow(`the proxy 127.0.0.1:${proxy.port} does not answer`);
  await expect(dead).rejects.not.toThrow('secret');
  await expect(joinHere({ proxy: 'socks5://p' })).rejects.toThrow('http://proxy.example:3128');
});

test('a control plane that is away for a moment is asked again, and that is said once', async () => {
  refusals = 3;
  const said: string[] = [];
  await joinHere({}, { random: () => 0.01, say: (line) => said.push(line) });
  expect(said).toEqual([expect.stringContaining('cannot be reached')]);
});

test('a server that waits joins when it is let in, through a restart of its agent', async () => {
  const { token, joinToken } = await app.newToken({ waitingRoom: true });
  const wished = { ...(await record()), token };
  const pending = new PendingJoins(files, folder);
  await pending.keep(wished);
  expect((await stat(joinPath(folder, 'joining.json'))).mode & 0o777).toBe(0o600);
  const said: string[] = [];
  const ending = new AbortController();
  const first = { wished: undefined, about: { agentVersion: '1', hostname: 'edge.test' } };
  const here = { files, identityFolder: folder, say: (line: string) => said.push(line) };
  const stopped = reasonOf(finishJoining(first, { ...here, signal: ending.signal }));
  const waiting = async () =>
    (await app.fleet.listWaitingServers({})).waitingServers.filter(
      (one) => one.joinTokenUid === joinToken!.uid,
    );
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(1), { timeout: 10_000 });
  await vi.waitFor(() => expect(said).toHaveLength(1), { timeout: 10_000 });
  ending.abort();
  expect(await stopped).toBe(ErrorReason.CANCELLED);
  const [one] = await waiting();
  expect((await joinStatus(files, folder)).text).toContain(one!.keyFingerprint);
  await app.fleet.decideWaitingServer({ requestId: newUid(), uid: one!.uid, letIn: true });
  await finishJoining(first, here);
  expect(await waiting()).toEqual([]);
  expect(await readdir(folder)).not.toContain('joining.json');
  expect((await joinStatus(files, folder)).joined).toBe(true);
});

test('a server that is turned away forgets the token, and does not ask again', async () => {
  const { token, joinToken } = await app.newToken({ waitingRoom: true });
  const wished = { ...(await record()), token };
  const first = { wished, about: { agentVersion: '1' } };
  const here = { files, identityFolder: folder, random: () => -0.99 };
  const ended = reasonOf(finishJoining(first, here));
  const find = async () =>
    (await app.fleet.listWaitingServers({})).waitingServers.find(
      (one) => one.joinTokenUid === joinToken!.uid,
    );
  await vi.waitFor(async () => expect(await find()).toBeDefined(), { timeout: 10_000 });
  const { uid } = (await find())!;
  await app.fleet.decideWaitingServer({ requestId: newUid(), uid, letIn: false });
  expect(await ended).toBe(ErrorReason.DENIED);
  expect(await readdir(folder)).toEqual(['key.pem']);
});

test('an agent that was told nothing says what to do', async () => {
  const ended = finishJoining(
    { wished: undefined, about: { agentVersion: '1' } },
    { files, identityFolder: folder },
  );
  await expect(ended).rejects.toThrow('Run the join command');
});
