import { create } from '@bufbuild/protobuf';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { Code, createClient } from '@connectrpc/connect';
import { Kind, ResourceSchema, ResourceService, Server_State, SiteSpecSchema } from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { MemoryAgent } from '@ostler/link-protocol/memory';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectAgent, type LinkApp, startLinkApp } from '../link/start-link-app.fixture';

let app: LinkApp;

beforeAll(async () => {
  app = await startLinkApp();
});
afterAll(() => app.close());

const resources = () => createClient(ResourceService, app.transport(app.token));
const serverOf = async (name: string) => (await app.fleet.getServer({ name })).server!;
const check = (name: string) => app.fleet.checkConnection({ name });

async function placeSite(name: string, placement: { server?: string; selector?: Record<string, string> }) {
  const spec = create(SiteSpecSchema, {
    placement,
    domains: [`${name}.example.test`],
    handler: { answer: { case: 'redirect', value: { target: 'https://example.test', status: 301 } } },
  });
  const resource = create(ResourceSchema, {
    meta: { kind: Kind.SITE, name },
    spec: { case: 'site', value: spec },
  });
  await resources().apply({ requestId: newUid(), resources: [resource] });
}

test('selectors are kept under a name, replaced by the same name, and count the servers that match', async () => {
  const { token } = await app.fleet.createJoinToken({
    requestId: newUid(),
    maximumUses: 2,
    labels: { env: 'kept' },
  });
  await app.join('kept-a', token);
  await app.join('kept-b', token);
  const save = (labels: Record<string, string>) =>
    app.fleet.saveSelector({ requestId: newUid(), name: 'kept', labels });
  expect((await save({ env: 'other' })).selector).toMatchObject({ name: 'kept', servers: 0 });
  expect((await save({ env: 'kept' })).selector).toMatchObject({ labels: { env: 'kept' }, servers: 2 });
  const { selectors } = await app.fleet.listSavedSelectors({});
  expect(selectors.filter(({ name }) => name === 'kept')).toMatchObject([{ servers: 2 }]);
  await app.fleet.deleteSelector({ requestId: newUid(), name: 'kept' });
  await expect(app.fleet.deleteSelector({ requestId: newUid(), name: 'kept' })).rejects.toMatchObject({
    code: Code.NotFound,
  });
});

test('a selector without labels, or with a name that is none, is refused at its field', async () => {
  const wishes: [string, Record<string, string>][] = [
    ['all', {}],
    ['UPPER', { env: 'prod' }],
    ['fine', { 'not a key': 'x' }],
  ];
  for (const [name, labels] of wishes) {
    const saved = app.fleet.saveSelector({ requestId: newUid(), name, labels });
    await expect(saved).rejects.toMatchObject({ code: Code.InvalidArgument });
  }
});

test('more selectors than a list can show are refused, and one that is there can still be replaced', async () => {
  const save = (name: string, value = 'a') =>
    app.fleet.saveSelector({ requestId: newUid(), name, labels: { many: value } });
  const { selectors } = await app.fleet.listSavedSelectors({});
  for (let number = selectors.length; number < 200; number++) await save(`many-${number}`);
  await expect(save('one-more')).rejects.toMatchObject({ message: expect.stringContaining('Delete one') });
  expect((await save('many-199', 'b')).selector?.labels).toEqual({ many: 'b' });
});

test('the connection check goes to the agent and back, and says when and why its lane ended', async () => {
  const identity = await app.join('checked');
  const name = identity.serverName;
  expect(await check(name)).toMatchObject({
    reachable: false,
    message: expect.stringContaining('never came'),
  });
  const { close, end } = connectAgent(app.agentPort, identity);
  await vi.waitFor(async () => expect((await check(name)).reachable).toBe(true), { timeout: 15_000 });
  const { steps, message } = await check(name);
  expect(message).toMatch(/^The agent of checked answered in \d+ ms\.$/);
  expect(steps.every(({ passed }) => passed)).toBe(true);
  close();
  await end;
  await vi.waitFor(async () => expect((await serverOf(name)).lastDisconnect).not.toBe(''), {
    timeout: 15_000,
  });
  const server = await serverOf(name);
  expect(server.lastDisconnect).toMatch(/\.$/);
  expect(server.lastDisconnectAt).toBeDefined();
  // Not the one that is written once a minute: the last frame of the lane that ended.
  const silentMs = timestampMs(server.lastDisconnectAt!) - timestampMs(server.lastSeenAt!);
  expect(Math.abs(silentMs)).toBeLessThan(5000);
  const ended = await check(name);
  expect(ended.reachable).toBe(false);
  expect(ended.message).toContain(server.lastDisconnect);
});

test('an agent that holds its lane and answers nothing is found within the bound', async () => {
  const identity = await app.join('mute');
  const agent = new MemoryAgent();
  agent.plan = () => new Promise(() => undefined);
  const { close, end } = connectAgent(app.agentPort, identity, agent);
  await vi.waitFor(async () => expect((await serverOf('mute')).state).toBe(Server_State.CONNECTED), {
    timeout: 15_000,
  });
  const startMs = performance.now();
  const { reachable, message } = await check('mute');
  expect(reachable).toBe(false);
  expect(message).toContain('does not answer');
  expect(performance.now() - startMs).toBeLessThan(7000);
  close();
  await end;
}, 15_000);

test('a server that is not there, or is of nobody, has no connection to check', async () => {
  await expect(check('nothing')).rejects.toMatchObject({ code: Code.NotFound });
});

test('what the removal of a server means is counted before it is removed, and changes nothing', async () => {
  const { token } = await app.fleet.createJoinToken({
    requestId: newUid(),
    maximumUses: 2,
    labels: { pool: 'counted' },
  });
  const { serverName: name, serverUid } = await app.join('counted-a', token);
  await app.join('counted-b', token);
  await placeSite('only-there', { server: name });
  await placeSite('on-both', { selector: { pool: 'counted' } });
  await app.operations.start({
    requestId: newUid(),
    server: name,
    spec: { operation: { case: 'noop', value: {} } },
  });
  const preview = await app.fleet.removeServer({ requestId: newUid(), name, dryRun: true });
  expect(preview).toMatchObject({
    placedOnlyThere: 1,
    placedElsewhereToo: 1,
    domains: ['only-there.example.test'],
    runningOperations: 1,
  });
  expect(preview.consequence).toContain('1 of them run nowhere else');
  expect((await serverOf(name)).uid).toBe(serverUid);
  const unforced = app.fleet.removeServer({ requestId: newUid(), name });
  await expect(unforced).rejects.toMatchObject({ code: Code.FailedPrecondition });
  const removal = await app.fleet.removeServer({ requestId: newUid(), name, force: true });
  expect(removal).toMatchObject({ placedOnlyThere: 1, placedElsewhereToo: 1 });
  await expect(serverOf(name)).rejects.toMatchObject({ code: Code.NotFound });
});
