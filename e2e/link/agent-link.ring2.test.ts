import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { create } from '@bufbuild/protobuf';
import { OperationReport_State, OperationReportSchema, TelemetryFrameSchema } from '@ostler/contracts';
import { newUid, systemClock } from '@ostler/kernel';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { createLinuxFiles } from '../../apps/agent/src/host/fs/linux';
import { createLink, join, type RunningLink } from '../../apps/agent/src/link';
import type { AgentCore } from '../../apps/agent/src/link/core.port';
import { renewAtMs } from '../../apps/agent/src/link/renewal';
import { createJsonLog } from '../../apps/agent/src/telemetry';
import { AuthorityService } from '../../apps/control-plane/src/authority';
import { ConnectedAgents } from '../../apps/control-plane/src/link';
import { type LinkApp, startLinkApp } from '../../apps/control-plane/src/link/start-link-app.fixture';
import { telemetryBytes } from '../../packages/link-protocol/src/agent-telemetry-lane';
import { MemoryAgent } from '../../packages/link-protocol/src/memory.fake';

let app: LinkApp;
let authority: AuthorityService;
let publicUrl: string;
let closePublic: () => void;
let folder: string;
const links: RunningLink[] = [];
const files = createLinuxFiles();
const log = createJsonLog({ clock: systemClock, level: 'error', write: () => undefined });

beforeAll(async () => {
  app = await startLinkApp();
  authority = app.app.get(AuthorityService);
  // The public listener: TLS in front of the plain one.
  const { key, certificateChain } = await authority.issueForListener(['control.example']);
  const server = createTlsServer({ key, cert: certificateChain }, (socket) => {
    const plain = connectTcp(app.port, '127.0.0.1');
    socket.pipe(plain).pipe(socket);
    for (const end of [socket, plain]) end.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  publicUrl = `https://127.0.0.1:${(server.address() as { port: number }).port}`;
  closePublic = () => server.close();
});
afterAll(async () => {
  closePublic();
  await app.close();
});
beforeEach(async () => {
  folder = joinPath(await mkdtemp(joinPath(tmpdir(), 'ostler-link-')), 'identity');
});
afterEach(async () => {
  for (const link of links.splice(0)) await link.stop();
  await rm(joinPath(folder, '..'), { recursive: true });
});

async function joinHere(change: { controlUrl?: string; caPin?: string; token?: string } = {}) {
  const token = change.token ?? (await app.newToken()).token;
  const options = {
    controlUrl: publicUrl,
    caPin: authority.caPin(),
    name: 'edge',
    agentVersion: '1',
    ...change,
    token,
  };
  return join(options, { files, identityFolder: folder, patienceMs: 0 });
}

/** The core in memory, with a spool. */
class Core extends MemoryAgent {
  frames: ReturnType<AgentCore['pendingTelemetry']> = [];
  pendingTelemetry = (after: bigint, mostBytes: number) => {
    let bytes = 0;
    return this.frames.filter(
      (frame) => frame.sequence > after && (bytes += telemetryBytes(frame)) <= mostBytes,
    );
  };
  acknowledgeTelemetry(sequence: bigint): void {
    this.frames = this.frames.filter((frame) => frame.sequence > sequence);
  }
}

async function startLink(core = new Core()) {
  const identity = { agentVersion: '1', featureLevel: 1, bootId: 'boot', instanceId: newUid() };
  const link = await createLink({ core, identityFolder: folder, identity, files, clock: systemClock, log });
  links.push(link);
  link.start();
  return link;
}

test('a server joins by the pinned root, connects, and is the same server at the next start', async () => {
  const { serverUid, serverName } = await joinHere();
  for (let start = 0; start < 2; start++) {
    const link = await startLink();
    await vi.waitFor(() => expect(link.connected).toBe(true), { timeout: 10_000 });
    expect(link.server).toEqual({ uid: serverUid, name: serverName });
    expect(app.app.get(ConnectedAgents).get(serverUid)).toBeDefined();
    await link.stop();
  }
  for (const name of ['key.pem', 'chain.pem', 'ca.pem', 'server.json']) {
    expect((await stat(joinPath(folder, name))).mode & 0o777).toBe(0o600);
  }
});

test('another root than the pinned one is not spoken to, and the token is not spent', async () => {
  const { token, joinToken } = await app.newToken();
  const caPin = `sha256//${Buffer.alloc(32).toString('base64')}`;
  await expect(joinHere({ caPin, token })).rejects.toThrow('does not show the key');
  await expect(joinHere({ caPin: '', token })).rejects.toThrow('cannot be reached');
  const { joinTokens } = await app.fleet.listJoinTokens({});
  expect(joinTokens.find(({ uid }) => uid === joinToken!.uid)?.uses).toBe(0);
  expect((await joinHere({ token })).serverName).toMatch(/^edge/);
});

test('plain http is for this machine alone', async () => {
  await expect(joinHere({ controlUrl: 'http://192.0.2.1:80' })).rejects.toThrow('joined by https');
  expect((await joinHere({ controlUrl: app.url, caPin: '' })).serverUid).toBeTruthy();
});

test('who has joined does not join again, and a refused token says so in words', async () => {
  await expect(joinHere({ token: 'ost_join_wrong' })).rejects.toThrow('token is not valid');
  await joinHere();
  await expect(joinHere()).rejects.toThrow('has joined');
});

test('a key that others can read, and one that is missing, end the start with a clear word', async () => {
  await joinHere();
  const key = joinPath(folder, 'key.pem');
  await chmod(key, 0o640);
  await expect(startLink()).rejects.toThrow(`${key} has mode 0640`);
  await rm(key);
  await expect(startLink()).rejects.toThrow(`${key} is missing`);
});

test('an agent whose certificate has ended proves its key at the public listener and gets a new one', async () => {
  const { serverUid } = await joinHere();
  const before = await readFile(joinPath(folder, 'chain.pem'), 'utf8');
  const core = new Core();
  const identity = { agentVersion: '1', featureLevel: 1, bootId: 'boot', instanceId: newUid() };
  // Only this agent's clock is two days ahead.
  const clock = { ...systemClock, now: () => Date.now() + 2 * 86_400_000 };
  const link = await createLink({ core, identityFolder: folder, identity, files, clock, log });
  links.push(link);
  link.start();
  await vi.waitFor(() => expect(link.connected).toBe(true), { timeout: 10_000 });
  expect(link.server.uid).toBe(serverUid);
  expect(await readFile(joinPath(folder, 'chain.pem'), 'utf8')).not.toBe(before);
});

test('a certificate is renewed at half its life, a tenth sooner or later', async () => {
  const { chainPem } = await joinHere();
  const [early, late] = [0, 1].map((random) => renewAtMs(chainPem, () => random) - Date.now());
  const hours = (ms: number) => ms / 3_600_000;
  expect(hours(early!)).toBeCloseTo(25 * 0.45 - 1, 1);
  expect(hours(late!)).toBeCloseTo(25 * 0.55 - 1, 1);
});

test('output goes up on a connection of its own and is forgotten once it is durable', async () => {
  const { serverName } = await joinHere();
  const core = new Core();
  const link = await startLink(core);
  core.poke = () => link.pokeOperations();
  await vi.waitFor(() => expect(link.connected).toBe(true), { timeout: 10_000 });
  core.startOperation = ({ uid }) => {
    core.operations.set(uid, create(OperationReportSchema, { uid, state: OperationReport_State.RUNNING }));
    return Promise.resolve();
  };
  const spec = { operation: { case: 'noop' as const, value: {} } };
  const { operation } = await app.operations.start({ requestId: newUid(), server: serverName, spec });
  const { uid } = operation!;
  const data = Buffer.alloc(40_000, 'x');
  core.frames = Array.from({ length: 30 }, (_, index) => {
    const value = { operationUid: uid, offset: BigInt(index * data.length), data };
    return create(TelemetryFrameSchema, { sequence: BigInt(index + 1), batch: { case: 'output', value } });
  });
  link.pokeTelemetry();
  await vi.waitFor(() => expect(core.frames.length).toBe(0), { timeout: 10_000 });
  const outputBytes = BigInt(30 * data.length);
  core.operations.set(
    uid,
    create(OperationReportSchema, { uid, state: OperationReport_State.SUCCEEDED, outputBytes }),
  );
  core.poke();
  let bytes = 0;
  for await (const piece of app.operations.readOutput({ uid, follow: true })) bytes += piece.data.length;
  expect(bytes).toBe(30 * data.length);
});
