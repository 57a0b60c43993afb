import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { Code, type Client, createClient } from '@connectrpc/connect';
import {
  ErrorReason,
  IdentityService,
  LiveWatchRequest_Topic as Topic,
  ResourceService,
  Role,
} from '@ostler/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { AuthorityModule, AuthorityService } from '../../authority';
import { listenOn, ownHosts, requestListener, SecureServer, Upgrades } from '../../platform/http';
import { ConsoleFiles, Health } from '../../platform/http';
import { Log } from '../../platform/log';
import { RpcHandler } from '../../platform/rpc';
import { helloSite } from '../../resources/engine.fixture';
import { rooms } from '../../roles/app.module';
import { startTestApp, type TestApp } from '../../start-test-app.fixture';
import { TestClient } from './test-client.fixture';

let app: TestApp;
let token: string;
let owner: Client<typeof IdentityService>;
const clients: TestClient[] = [];

beforeAll(async () => {
  app = await startTestApp([...new Set([AuthorityModule, ...rooms])]);
  token = await app.signIn(app.firstLogin.email, app.firstLogin.password, 'correct horse battery');
  owner = createClient(IdentityService, app.transport(token));
});
afterEach(() => clients.splice(0).forEach((client) => client.leave()));
afterAll(() => app.close());

const socketUrl = (): string => `${app.url.replace('http', 'ws')}/api/socket`;
const cookieOf = (session: string): string => `ostler_session=${session}`;

async function connectAs(headers: Record<string, string>, url = socketUrl()): Promise<TestClient> {
  const client = await TestClient.connect(url, headers);
  clients.push(client);
  return client;
}
const asBrowser = (session = token): Promise<TestClient> =>
  connectAs({ cookie: cookieOf(session), origin: app.url });

const applySite = (name: string) =>
  createClient(ResourceService, app.transport(token)).apply({
    requestId: randomUUID(),
    resources: [helloSite(name, { placement: { selector: { env: 'nowhere' } } })],
  });

async function addPerson(email: string, role: Role) {
  const { firstPassword, person } = await owner.addPerson({ requestId: randomUUID(), email, role });
  return { uid: person!.uid, session: await app.signIn(email, firstPassword, 'correct horse battery') };
}

const synced = (client: TestClient, stream: number) =>
  client.until(() => client.events(stream).find((event) => event.case === 'synced'));

const namesIn = (client: TestClient, stream: number): string[] =>
  client.events(stream).flatMap((event) => {
    if (event.case === 'resourceChanged') return [event.value.meta!.name];
    return event.case === 'resourceRemoved' ? ['removed'] : [];
  });

describe('who may open a socket', () => {
  it.each([
    ['a page of another site, with our cookie', { origin: 'http://evil.example' }, 403],
    ['a page of another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['a cookie that no page sent', {}, 403],
    ['a name that points at us', { origin: 'http://evil.example', host: 'evil.example' }, 421],
  ])('refuses %s', async (_, headers, status) => {
    await expect(connectAs({ cookie: cookieOf(token), ...headers })).rejects.toThrow(String(status));
  });

  it('has no other path', async () => {
    await expect(connectAs({ origin: app.url }, socketUrl().replace('socket', 'other'))).rejects.toThrow(
      '404',
    );
  });

  it.each([
    ['nobody', () => ({ origin: app.url })],
    [
      'a session that is not known',
      () => ({ origin: app.url, cookie: cookieOf(`${token.slice(0, -4)}AAAA`) }),
    ],
  ])('tells %s to sign in, and closes', async (_, headers) => {
    const client = await connectAs(headers());
    expect(await client.until(() => client.closeCode)).toBe(4401);
    expect(client.ends()).toMatchObject([{ stream: 0, code: Code.Unauthenticated }]);
    expect(client.ends()[0]?.error?.reason).toBe(ErrorReason.UNAUTHENTICATED);
  });

  it('takes an API token of a program, which sends no origin', async () => {
    const client = await connectAs({ authorization: `Bearer ${token}` });
    client.watch(1, [Topic.SERVERS]);
    await synced(client, 1);
  });

  it('leaves other upgrades alone: the request is answered as it is', async () => {
    const socket = connect(app.port, '127.0.0.1');
    socket.write(
      `GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n`,
    );
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('a watch over the socket', () => {
  it('gives what is there, then each change as it is committed', async () => {
    await applySite('first');
    const client = await asBrowser();
    client.watch(1, [Topic.RESOURCES, Topic.AUDIT]);
    await synced(client, 1);
    expect(client.events(1)[0]?.case).toBe('begun');
    expect(namesIn(client, 1)).toEqual(['first']);
    await applySite('second');
    await client.until(() => (namesIn(client, 1).includes('second') ? true : undefined));
  });

  it('goes on where it was cut, without what has not changed', async () => {
    const before = await asBrowser();
    before.watch(1, [Topic.RESOURCES, Topic.SERVERS]);
    const { value } = await synced(before, 1);
    before.leave();
    const { resume } = value as { resume: Uint8Array };
    await applySite('meanwhile');
    const after = await asBrowser();
    after.watch(1, [Topic.RESOURCES, Topic.SERVERS], resume);
    await synced(after, 1);
    const [begun] = after.events(1);
    const resumed = begun?.case === 'begun' ? begun.value.resumed : [];
    expect(new Set(resumed)).toEqual(new Set([Topic.RESOURCES, Topic.SERVERS]));
    expect(namesIn(after, 1)).toEqual(['meanwhile']);
  });

  it('refuses what is no stream, what is no message, and a stream without its right', async () => {
    const { session } = await addPerson('reader@example.com', Role.VIEWER);
    const client = await asBrowser(session);
    const open = (stream: number, method: string, request = new Uint8Array()): void =>
      client.say({ case: 'open', value: { stream, method: `ostler.api.v1.${method}`, request } });
    open(1, 'IdentityService/WhoAmI');
    open(2, 'LiveService/Watch', Uint8Array.of(255, 1));
    open(3, 'LiveService/Watch');
    await client.until(() => (client.ends().length === 3 ? true : undefined));
    const reasons = client.ends().map(({ stream, error }) => `${stream} ${ErrorReason[error!.reason]}`);
    expect(reasons.toSorted()).toEqual(['1 NOT_FOUND', '2 INVALID', '3 INVALID']);
    client.watch(4, [Topic.AUDIT]);
    expect(await synced(client, 4)).toMatchObject({ value: { leftOut: [Topic.AUDIT] } });
  });
});

describe('who leaves or may do less', () => {
  it('is out as soon as they sign out', async () => {
    const { session } = await addPerson('leaver@example.com', Role.VIEWER);
    const [one, other] = await Promise.all([asBrowser(session), asBrowser(session)]);
    for (const client of [one, other]) {
      client.watch(1, [Topic.SERVERS]);
      await synced(client, 1);
    }
    await createClient(IdentityService, app.transport(session)).signOut({});
    expect(await one.until(() => one.closeCode)).toBe(4401);
    expect(await other.until(() => other.closeCode)).toBe(4401);
  });

  it('opens the streams anew and sees less', async () => {
    const { uid, session } = await addPerson('admin@example.com', Role.ADMIN);
    const client = await asBrowser(session);
    client.watch(1, [Topic.AUDIT]);
    expect(await synced(client, 1)).toMatchObject({ value: { leftOut: [] } });
    await owner.updatePerson({ requestId: randomUUID(), uid, role: Role.VIEWER });
    const end = await client.until(() => client.ends().at(0));
    expect([end.stream, end.error?.reason]).toEqual([1, ErrorReason.UNAVAILABLE]);
    client.watch(2, [Topic.AUDIT]);
    expect(await synced(client, 2)).toMatchObject({ value: { leftOut: [Topic.AUDIT] } });
  });

  it('keeps a stream when somebody else changes', async () => {
    const client = await asBrowser();
    client.watch(1, [Topic.AUDIT]);
    await synced(client, 1);
    const isOf = (subject: string) => () =>
      client.events(1).find((event) => event.case === 'auditEntry' && event.value.subject === subject);
    await addPerson('somebody@example.com', Role.VIEWER);
    await client.until(isOf('person somebody@example.com'));
    await addPerson('another@example.com', Role.VIEWER);
    await client.until(isOf('person another@example.com'));
    expect(client.ends()).toEqual([]);
  });
});

it('is forgotten when it goes', async () => {
  const open = await Promise.all(Array.from({ length: 10 }, () => asBrowser()));
  const sockets = async () =>
    Number(/^ostler_sockets (\d+)$/m.exec(await (await fetch(`${app.url}/metrics`)).text())?.[1]);
  await expect.poll(sockets).toBeGreaterThanOrEqual(10);
  open.forEach((client) => client.leave());
  await expect.poll(sockets).toBe(0);
});

it('is there on the TLS listener too, beside h2', async () => {
  const { certificateChain, key } = await app.app
    .get(AuthorityService, { strict: false })
    .issueForListener(['localhost']);
  const routes = { files: await ConsoleFiles.load('/nonexistent'), health: new Health(), version: '1' };
  const isOwnHost = ownHosts([]);
  const parts = { rpc: app.app.get(RpcHandler), routes, isOwnHost, secure: true, log: new Log('error') };
  const upgrade = app.app.get(Upgrades).listener({ isOwnHost, secure: true });
  const server = new SecureServer({ certificate: certificateChain, key }, requestListener(parts), upgrade);
  const port = await listenOn(server.server, '127.0.0.1', 0);
  const origin = `https://localhost:${port}`;
  const headers = { cookie: `__Host-ostler_session=${token}`, origin, host: `localhost:${port}` };
  const client = await connectAs(headers, `wss://127.0.0.1:${port}/api/socket`);
  client.watch(1, [Topic.SERVERS]);
  await synced(client, 1);
  client.leave();
  await server.close();
});
