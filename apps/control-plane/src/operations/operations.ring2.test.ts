import { create } from '@bufbuild/protobuf';
import {
  type Operation,
  Operation_State,
  OperationReport_State,
  OperationReportSchema,
  TelemetryFrameSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { MemoryAgent } from '@ostler/link-protocol/memory';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { execute } from '../platform/db';
import { connectAgent, type LinkApp, startLinkApp, type TestIdentity } from '../link/start-link-app.fixture';
import { OperationDeadlineLoop } from './operation-deadline.loop';
import { OperationDispatcher } from './operation-dispatcher';

let app: LinkApp;
let identity: TestIdentity;

beforeAll(async () => {
  app = await startLinkApp();
  identity = await app.join('worker');
});
afterAll(() => app.close());

async function start(deadlineSeconds = 60, requestId: string = newUid()): Promise<Operation> {
  const spec = { operation: { case: 'noop' as const, value: {} } };
  const { operation } = await app.operations.start({ requestId, server: 'worker', spec, deadlineSeconds });
  return operation!;
}

const wait = async (uid: string, waitSeconds = 10) =>
  (await app.operations.wait({ uid, waitSeconds })).operation!;

async function connected(agent = new MemoryAgent()) {
  const lane = connectAgent(app.agentPort, identity, agent);
  await vi.waitFor(() => expect(lane.lane.running).toBe(true), { timeout: 10_000 });
  return { ...lane, leave: () => (lane.close(), lane.end) };
}

/** The operation as the agent reports it, whatever it did. */
class ReportingAgent extends MemoryAgent {
  state = OperationReport_State.RUNNING;

  override startOperation(...[started]: Parameters<MemoryAgent['startOperation']>): Promise<void> {
    this.operations.set(started.uid, create(OperationReportSchema, { uid: started.uid, state: this.state }));
    return Promise.resolve();
  }

  say(uid: string, state: OperationReport_State): void {
    this.operations.set(uid, create(OperationReportSchema, { uid, state, outputBytes: 10n }));
    this.poke();
  }
}

test('an operation goes to the agent and back, and the agent may forget it', async () => {
  const { agent, leave } = await connected();
  const { uid } = await start();
  expect((await wait(uid)).state).toBe(Operation_State.SUCCEEDED);
  await vi.waitFor(() => expect(agent.operations.size).toBe(0), { timeout: 10_000 });
  await leave();
});

test('the same request id is the same operation', async () => {
  const { agent, leave } = await connected();
  const requestId = newUid();
  const [first, second] = [await start(60, requestId), await start(60, requestId)];
  expect(second.uid).toBe(first.uid);
  await wait(first.uid);
  expect(agent.effects.get(first.uid)).toBe(1);
  await leave();
});

const startAndWait = async (requestId: string, waitSeconds: number) =>
  (
    await app.operations.start({
      requestId,
      server: 'worker',
      spec: { operation: { case: 'noop', value: {} } },
      waitSeconds,
    })
  ).operation!;

test('one call starts an operation and answers with its end', async () => {
  const { agent, leave } = await connected();
  const requestId = newUid();
  const operation = await startAndWait(requestId, 10);
  expect(operation).toMatchObject({ state: Operation_State.SUCCEEDED, progressPercent: 100 });
  expect(operation).toEqual((await app.operations.get({ uid: operation.uid })).operation);
  // A repeat is the same operation, and waits for its end as well.
  expect(await startAndWait(requestId, 10)).toEqual(operation);
  expect(agent.effects.get(operation.uid)).toBe(1);
  await leave();
});

test('one call that starts and waits answers with the state then, when the time is over', async () => {
  const requestId = newUid();
  const operation = await startAndWait(requestId, 1);
  expect(operation.state).toBe(Operation_State.PENDING);
  const { leave } = await connected();
  await wait(operation.uid);
  expect(await startAndWait(requestId, 1)).toMatchObject({
    uid: operation.uid,
    state: Operation_State.SUCCEEDED,
  });
  await leave();
});

test('what is started while the server is away is sent when it comes', async () => {
  const { uid } = await start();
  expect((await wait(uid, 1)).state).toBe(Operation_State.PENDING);
  const { agent, leave } = await connected();
  expect((await wait(uid)).state).toBe(Operation_State.SUCCEEDED);
  expect(agent.effects.get(uid)).toBe(1);
  await leave();
});

test('what was stored and not sent while its server is connected is sent once', async () => {
  const { agent, leave } = await connected();
  const sent = await start();
  await wait(sent.uid);
  const uid = newUid();
  // As a process leaves it that never hears that its commit was carried out.
  await app.db.unitOfWork.asSystem('operations', () =>
    execute(
      `insert into operation (uid, tenant_uid, server_uid, spec, state, retry_class, actor, deadline, created_at)
       select $1, tenant_uid, server_uid, spec, 1, retry_class, actor, deadline, now() - interval '10 seconds'
       from operation where uid = $2`,
      [uid, sent.uid],
    ),
  );
  const dispatcher = app.app.get(OperationDispatcher);
  await dispatcher.sendOverlooked(60);
  expect(agent.effects.has(uid)).toBe(false);
  await Promise.all([dispatcher.sendOverlooked(5), dispatcher.sendOverlooked(5)]);
  expect((await wait(uid)).state).toBe(Operation_State.SUCCEEDED);
  expect(agent.effects.get(uid)).toBe(1);
  await leave();
});

test('an end is written once: what is said later changes nothing and is acknowledged', async () => {
  const agent = new ReportingAgent();
  const { leave } = await connected(agent);
  const { uid } = await start();
  await vi.waitFor(() => expect(agent.operations.has(uid)).toBe(true), { timeout: 10_000 });
  agent.say(uid, OperationReport_State.FAILED);
  expect((await wait(uid)).state).toBe(Operation_State.FAILED);
  await vi.waitFor(() => expect(agent.operations.size).toBe(0), { timeout: 10_000 });
  agent.say(uid, OperationReport_State.SUCCEEDED);
  await vi.waitFor(() => expect(agent.operations.size).toBe(0), { timeout: 10_000 });
  expect((await wait(uid)).state).toBe(Operation_State.FAILED);
  await leave();
});

test('an agent that comes back without what it had begun has interrupted it', async () => {
  const agent = new ReportingAgent();
  const { leave } = await connected(agent);
  const { uid } = await start();
  await vi.waitFor(async () => expect((await wait(uid, 1)).state).toBe(Operation_State.RUNNING), {
    timeout: 15_000,
  });
  await leave();
  const again = await connected(new MemoryAgent());
  expect(await wait(uid)).toMatchObject({ state: Operation_State.INTERRUPTED, reason: 'AGENT_FORGOT' });
  await again.leave();
});

test('what nobody took by its deadline expires; cancelled before it was sent, nothing was done', async () => {
  const { uid } = await start(1);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await app.app.get(OperationDeadlineLoop).step();
  expect(await wait(uid)).toMatchObject({ state: Operation_State.EXPIRED, reason: 'NOT_TAKEN' });
  const second = await start();
  const { operation } = await app.operations.cancel({ requestId: newUid(), uid: second.uid });
  expect(operation).toMatchObject({ state: Operation_State.CANCELLED, cancelRequested: true });
  const { agent, leave } = await connected();
  expect(agent.effects.size).toBe(0);
  await leave();
});

test("an agent cannot speak for another server's operation", async () => {
  const other = await app.join('other');
  const agent = new ReportingAgent();
  const mine = await connected(agent);
  const { uid } = await start();
  await vi.waitFor(() => expect(agent.operations.has(uid)).toBe(true), { timeout: 10_000 });
  const hostile = new MemoryAgent();
  hostile.operations.set(uid, create(OperationReportSchema, { uid, state: OperationReport_State.SUCCEEDED }));
  const lane = connectAgent(app.agentPort, other, hostile);
  await vi.waitFor(() => expect(hostile.operations.size).toBe(0), { timeout: 10_000 });
  expect((await wait(uid, 1)).endedAt).toBeUndefined();
  agent.say(uid, OperationReport_State.FAILED);
  expect((await wait(uid)).state).toBe(Operation_State.FAILED);
  lane.close();
  await lane.end;
  await mine.leave();
});

test('output is read from any offset, each byte once, with gaps, and followed to its end', async () => {
  const agent = new ReportingAgent();
  const { leave } = await connected(agent);
  const { uid } = await start();
  await vi.waitFor(() => expect(agent.operations.has(uid)).toBe(true), { timeout: 10_000 });
  const sink = app.app.get(OperationDispatcher);
  const server = { uid: identity.serverUid, name: 'worker', tenantUid: '' };
  const piece = (sequence: bigint, offset: bigint, text: string) =>
    create(TelemetryFrameSchema, {
      sequence,
      batch: { case: 'output', value: { operationUid: uid, offset, data: Buffer.from(text) } },
    });
  await sink.output(server, [piece(1n, 0n, 'abc')]);
  const followed = (async () => {
    let text = '';
    for await (const { data } of app.operations.readOutput({ uid, follow: true }))
      text += Buffer.from(data).toString();
    return text;
  })();
  await sink.output(server, [piece(1n, 0n, 'abc'), piece(2n, 3n, 'def')]);
  const gap = { case: 'gap' as const, value: { operationUid: uid, offset: 6n, lostBytes: 2n } };
  await sink.output(server, [
    create(TelemetryFrameSchema, { sequence: 3n, batch: gap }),
    piece(4n, 8n, 'ij'),
  ]);
  agent.say(uid, OperationReport_State.SUCCEEDED);
  expect(await followed).toBe('abcdefij');
  const rest: [bigint, string][] = [];
  for await (const { offset, data } of app.operations.readOutput({ uid, offset: 4n }))
    rest.push([offset, Buffer.from(data).toString()]);
  expect(rest).toEqual([
    [4n, 'ef'],
    [8n, ''],
    [8n, 'ij'],
  ]);
  await leave();
});
