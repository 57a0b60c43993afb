import { chmod, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { create } from '@bufbuild/protobuf';
import { type Client, createClient } from '@connectrpc/connect';
import { Metadata } from '@grpc/grpc-js';
import {
  AgentUpdateService,
  ContentService,
  ControlRolloutRequest_Action as Action,
  FetchAgentPackageRequestSchema,
  type FetchAgentPackageResponse,
  OperationReport_State as ReportState,
  OperationReportSchema,
  type OperationStart,
  type Rollout,
  Rollout_State as State,
  RolloutServer_State as ServerState,
  type ServerReport,
  ServerReportSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { methodDefinition } from '@ostler/link-protocol/grpc';
import { MemoryAgent } from '@ostler/link-protocol/memory';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import {
  connectAgent,
  dial,
  type LinkApp,
  startLinkApp,
  type TestAgent,
  type TestIdentity,
} from '../link/start-link-app.fixture';
import { AgentReleases, AgentUpdatesModule } from '.';
import { RolloutLoop } from './rollout.loop';
import { writeRelease, type WrittenRelease } from './write-release.fixture';

const WITHIN = { timeout: 15_000 };
let folder: string;
let built: string;
let app: LinkApp;
let updates: Client<typeof AgentUpdateService>;
let target: WrittenRelease;
const fleet = new Map<string, UpdatingServer>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-releases-'));
  await chmod(folder, 0o711);
  built = join(folder, 'built');
  await writeRelease(built, '1.0.0', 100n);
  target = await writeRelease(built, '2.0.0', 200n);
  app = await startLinkApp([AgentUpdatesModule], {
    OSTLER_DATA: join(folder, 'data'),
    OSTLER_AGENT_RELEASES: built,
  });
  updates = createClient(AgentUpdateService, app.transport(app.token));
  await app.app.get(AgentReleases).scan();
});
afterAll(async () => {
  for (const server of fleet.values()) server.leave();
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

/** An agent in memory that updates as the real one does: ends the operation, and comes back as another version. */
class UpdatingServer extends MemoryAgent {
  readonly started: OperationStart[] = [];
  answer: { state: ReportState; reason?: string; message?: string } = { state: ReportState.SUCCEEDED };
  comesBack = true;
  private lane: TestAgent | undefined;

  constructor(
    private readonly identity: TestIdentity,
    private version: string,
    private readonly selfUpdate?: { available: boolean; detail: string },
  ) {
    super();
  }

  override serverReport = (): Promise<ServerReport> => {
    const { selfUpdate } = this;
    const capabilities = selfUpdate ? [{ name: 'self-update', ...selfUpdate }] : [];
    return Promise.resolve(create(ServerReportSchema, { capabilities }));
  };

  override startOperation(start: OperationStart): Promise<void> {
    this.started.push(start);
    const report = create(OperationReportSchema, { uid: start.uid, ...this.answer });
    if (this.answer.state === ReportState.SUCCEEDED && this.comesBack) {
      this.version = '2.0.0';
      this.leave();
      this.operations.set(start.uid, report);
      this.connect();
    } else {
      this.operations.set(start.uid, report);
      this.poke();
    }
    return Promise.resolve();
  }

  connect(): void {
    this.lane = connectAgent(app.agentPort, this.identity, this, newUid(), this.version);
  }

  leave(): void {
    this.lane?.close();
  }

  get running(): boolean {
    return this.lane?.lane.running ?? false;
  }
}

async function server(
  name: string,
  labels: Record<string, string>,
  options: { version?: string; selfUpdate?: { available: boolean; detail: string }; away?: boolean } = {},
): Promise<UpdatingServer> {
  const identity = await app.join(name);
  await app.fleet.updateServer({ requestId: newUid(), name, labels });
  const agent = new UpdatingServer(identity, options.version ?? '1.0.0', options.selfUpdate);
  fleet.set(name, agent);
  if (options.away) return agent;
  agent.connect();
  await vi.waitFor(() => expect(agent.running).toBe(true), WITHIN);
  return agent;
}

const start = async (selector: Record<string, string>, stages: number[] = [], requestId: string = newUid()) =>
  (await updates.startRollout({ requestId, version: '2.0.0', selector, stages })).rollout!;
const get = async (uid: string) => (await updates.getRollout({ uid })).rollout!;
const control = async (uid: string, action: Action) =>
  (await updates.controlRollout({ requestId: newUid(), uid, action })).rollout!;
const until = (uid: string, state: State) =>
  vi.waitFor(async () => {
    const rollout = await get(uid);
    expect(rollout.state, JSON.stringify(rollout.servers.map(({ message }) => message))).toBe(state);
    return rollout;
  }, WITHIN);
const statesOf = (rollout: Rollout) =>
  Object.fromEntries(rollout.servers.map(({ serverName, state }) => [serverName, ServerState[state]]));

describe('releases', () => {
  test('are taken from where builds put them, newest first, and counted', async () => {
    const { releases } = await updates.listReleases({});
    expect(releases.map(({ version, architectures }) => [version, architectures])).toEqual([
      ['2.0.0', ['x86_64']],
      ['1.0.0', ['x86_64']],
    ]);
    expect(await readdir(join(folder, 'data/agent-releases'))).toEqual(['1.0.0', '2.0.0']);
    const newest = await app.app.get(AgentReleases).newestRelease('x86_64');
    expect(newest).toMatchObject({ version: '2.0.0', sequence: 200n, size: target.content.length });
    expect(newest?.publicKey).toContain('BEGIN PUBLIC KEY');
    expect(await app.app.get(AgentReleases).newestRelease('riscv64')).toBeUndefined();
  });

  test('whose package was changed, or that nobody signed, are not taken', async () => {
    const changed = await writeRelease(built, '3.0.0', 300n);
    await writeFile(
      join(changed.folder, `${changed.sha256.toString('hex')}.tar.gz`),
      'x'.repeat(changed.content.length),
    );
    const unsigned = await writeRelease(built, '4.0.0', 400n);
    await writeFile(join(unsigned.folder, 'signature.bin'), Buffer.alloc(64));
    const renamed = await writeRelease(built, '5.0.0', 500n);
    await app.app.get(AgentReleases).scan();
    for (const { folder: one } of [changed, unsigned]) await rm(one, { recursive: true });
    const { releases } = await updates.listReleases({});
    expect(releases.map(({ version }) => version)).toEqual(['5.0.0', '2.0.0', '1.0.0']);
    await rm(renamed.folder, { recursive: true });
    await rm(join(folder, 'data/agent-releases/5.0.0'), { recursive: true });
    await app.app.get(AgentReleases).scan();
    expect((await updates.listReleases({})).releases).toHaveLength(2);
  });

  test('that are copied slowly are taken when they are whole', async () => {
    const slow = await writeRelease(join(folder, 'slow'), '6.0.0', 600n);
    const arriving = join(folder, 'data/agent-releases/6.0.0');
    await cp(slow.folder, arriving, { recursive: true });
    await rm(join(arriving, 'signature.bin'));
    await app.app.get(AgentReleases).scan();
    expect((await updates.listReleases({})).releases).toHaveLength(2);
    await cp(join(slow.folder, 'signature.bin'), join(arriving, 'signature.bin'));
    await app.app.get(AgentReleases).scan();
    expect((await updates.listReleases({})).releases[0]?.version).toBe('6.0.0');
    await rm(arriving, { recursive: true });
    await app.app.get(AgentReleases).scan();
  });

  test('are handed to agents by digest, from an offset on, and to nobody else', async () => {
    const identity = await app.join('fetcher');
    const fetch = methodDefinition(ContentService.method.fetchAgentPackage);
    const read = async (trust: Parameters<typeof dial>[1], sha256: Buffer, offset: bigint) => {
      const client = dial(app.agentPort, trust);
      const request = create(FetchAgentPackageRequestSchema, { sha256, offset });
      const { path, requestSerialize, responseDeserialize } = fetch;
      const pieces: Uint8Array[] = [];
      try {
        const stream = client.makeServerStreamRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          new Metadata(),
        );
        for await (const { data } of stream as AsyncIterable<FetchAgentPackageResponse>) pieces.push(data);
        return Buffer.concat(pieces);
      } finally {
        client.close();
      }
    };
    expect(await read(identity, target.sha256, 0n)).toEqual(target.content);
    expect(await read(identity, target.sha256, 300_000n)).toEqual(target.content.subarray(300_000));
    await expect(read(identity, Buffer.alloc(32), 0n)).rejects.toThrow(/NOT_FOUND/);
    await expect(read({ caPem: identity.caPem }, target.sha256, 0n)).rejects.toThrow();
  });
});

describe('a rollout', () => {
  test('goes from one server to a tenth to all, and ends when all are back with the new version', async () => {
    const agents = await Promise.all(['a1', 'a2', 'a3'].map((name) => server(name, { set: 'a' })));
    const requestId = newUid();
    const { uid } = await start({ set: 'a' }, [], requestId);
    expect((await start({ set: 'a' }, [], requestId)).uid).toBe(uid);
    const rollout = await until(uid, State.SUCCEEDED);
    expect(statesOf(rollout)).toEqual({ a1: 'UPDATED', a2: 'UPDATED', a3: 'UPDATED' });
    expect(rollout.servers.map(({ stage }) => stage)).toEqual([0, 2, 2]);
    expect(rollout.stages).toEqual([1, 10, 100]);
    for (const { started } of agents) {
      expect(started).toHaveLength(1);
      expect(started[0]!.operation.value).toHaveProperty('release.signature.length', 64);
    }
    const first = await updates.listReleases({});
    expect(first.releases[0]).toMatchObject({ version: '2.0.0', servers: 3 });
  });

  test('stops at the first failure, begins nothing more, and goes on when told to', async () => {
    const agents = await Promise.all(['b1', 'b2', 'b3'].map((name) => server(name, { set: 'b' })));
    for (const agent of agents)
      agent.answer = { state: ReportState.FAILED, reason: 'ROLLED_BACK', message: 'The old agent is back.' };
    const { uid } = await start({ set: 'b' });
    const stopped = await until(uid, State.STOPPED);
    expect(Object.values(statesOf(stopped)).sort()).toEqual(['FAILED', 'WAITING', 'WAITING']);
    expect(stopped.message).toMatch(/^b\d: ROLLED_BACK: The old agent is back\.$/);
    await app.app.get(RolloutLoop).step();
    expect(agents.flatMap(({ started }) => started)).toHaveLength(1);
    for (const agent of agents) agent.answer = { state: ReportState.SUCCEEDED };
    await control(uid, Action.RESUME);
    const ended = await until(uid, State.SUCCEEDED);
    expect(Object.values(statesOf(ended)).sort()).toEqual(['FAILED', 'UPDATED', 'UPDATED']);
  });

  test('waits for a server that is away, and can be paused, resumed and cancelled meanwhile', async () => {
    const away = await server('c1', { set: 'c' }, { away: true });
    const { uid } = await start({ set: 'c' });
    await expect(start({ set: 'c' })).rejects.toThrow(/has not ended/);
    await vi.waitFor(
      async () => expect((await get(uid)).servers[0]?.message).toMatch(/Not connected/),
      WITHIN,
    );
    expect((await control(uid, Action.PAUSE)).state).toBe(State.PAUSED);
    await expect(control(uid, Action.PAUSE)).rejects.toThrow(/is paused/);
    away.connect();
    await vi.waitFor(() => expect(away.running).toBe(true), WITHIN);
    await app.app.get(RolloutLoop).step();
    expect(away.started).toEqual([]);
    await control(uid, Action.RESUME);
    await until(uid, State.SUCCEEDED);
    expect(away.started).toHaveLength(1);
    await expect(control(uid, Action.CANCEL)).rejects.toThrow(/is succeeded/);
  });

  test('that is cancelled begins nothing more', async () => {
    const away = await server('d1', { set: 'd' }, { away: true });
    const { uid } = await start({ set: 'd' });
    await control(uid, Action.CANCEL);
    await vi.waitFor(async () => expect((await get(uid)).endedAt).toBeDefined(), WITHIN);
    expect(statesOf(await get(uid))).toEqual({ d1: 'SKIPPED' });
    away.connect();
    await vi.waitFor(() => expect(away.running).toBe(true), WITHIN);
    await app.app.get(RolloutLoop).step();
    expect(away.started).toEqual([]);
  });

  test('skips who runs it already and who cannot', async () => {
    const selfUpdate = { available: false, detail: 'It is no unit of systemd.' };
    const cannot = await server('e1', { set: 'e' }, { selfUpdate });
    const has = await server('e2', { set: 'e' }, { version: '2.0.0' });
    const refuses = await server('e3', { set: 'e' });
    refuses.answer = { state: ReportState.FAILED, reason: 'POLICY_FORBIDS', message: 'The policy says no.' };
    const rollout = await until((await start({ set: 'e' })).uid, State.SUCCEEDED);
    expect(statesOf(rollout)).toEqual({ e1: 'SKIPPED', e2: 'SKIPPED', e3: 'SKIPPED' });
    expect(rollout.servers.map(({ message }) => message).sort()).toEqual([
      'It is no unit of systemd.',
      'It runs this release already.',
      'The policy says no.',
    ]);
    expect([...cannot.started, ...has.started]).toEqual([]);
  });

  test('names what is wrong with the wish', async () => {
    await expect(start({ set: 'nobody' })).rejects.toThrow(/No server/);
    await expect(start({ set: 'a' }, [50])).rejects.toThrow(/stages/);
    const requestId = newUid();
    await expect(updates.startRollout({ requestId, version: '9.9.9' })).rejects.toThrow(/no release 9.9.9/);
    await expect(
      app.operations.start({
        requestId: newUid(),
        server: 'a1',
        spec: { operation: { case: 'updateAgent', value: { version: '9.9.9' } } },
      }),
    ).rejects.toThrow(/no release 9.9.9/);
  });
});

test('rollouts are listed newest first, by page', async () => {
  const first = await updates.listRollouts({ pageSize: 2 });
  expect(first.rollouts).toHaveLength(2);
  const second = await updates.listRollouts({ pageSize: 2, pageToken: first.nextPageToken });
  const uids = [...first.rollouts, ...second.rollouts].map(({ uid }) => uid);
  expect(uids).toEqual([...uids].sort().reverse());
});
