import { X509Certificate } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { ErrorReason, JoinRequestSchema, Server_State } from '@ostler/contracts';
import { type AppError, newUid } from '@ostler/kernel';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connectAgent, type LinkApp, newCsr, startLinkApp } from '../link/start-link-app.fixture';
import { JoinService } from './join.service';

let app: LinkApp;

beforeAll(async () => {
  app = await startLinkApp();
});
afterAll(() => app.close());

/** Past the limit of failed calls per address, which would answer for the token. */
function joinDirectly(token: string, csr: Uint8Array) {
  return app.app.get(JoinService).join(create(JoinRequestSchema, { token, csr, name: 'many' }), '192.0.2.1');
}

test('one of 50 servers that come with the same token at once gets in', async () => {
  const { token, joinToken } = await app.newToken();
  const keys = await Promise.all(Array.from({ length: 50 }, () => newCsr()));
  const answers = await Promise.allSettled(keys.map(({ csr }) => joinDirectly(token, csr)));
  const refused = answers.filter((answer) => answer.status === 'rejected');
  expect(refused).toHaveLength(49);
  expect(new Set(refused.map(({ reason }) => (reason as AppError).reason))).toEqual(
    new Set([ErrorReason.UNAUTHENTICATED]),
  );
  const { joinTokens } = await app.fleet.listJoinTokens({});
  expect(joinTokens.find(({ uid }) => uid === joinToken!.uid)?.uses).toBe(1);
});

test('the same key with the same token is answered again, even when the token has ended meanwhile', async () => {
  const { token, joinToken } = await app.newToken();
  const { csr } = await newCsr();
  const first = await app.joining.join({ token, csr, name: 'again' });
  await app.fleet.revokeJoinToken({ requestId: newUid(), uid: joinToken!.uid });
  const second = await app.joining.join({ token, csr, name: 'another name' });
  expect([second.serverUid, second.serverName]).toEqual([first.serverUid, first.serverName]);
  const [leaf] = second.certificateChain.map((der) => new X509Certificate(der));
  expect(leaf!.subjectAltName).toBe(`URI:ostler:server:${first.serverUid}`);
});

test('a token that was revoked, has run out or was never made lets nobody in, and none says which', async () => {
  const revoked = await app.newToken();
  await app.fleet.revokeJoinToken({ requestId: newUid(), uid: revoked.joinToken!.uid });
  const used = await app.newToken();
  await app.join('user', used.token);
  const mistyped = `${used.token.slice(0, -1)}x`;
  const messages = new Set<string>();
  for (const token of [revoked.token, used.token, mistyped, 'ost_join_x']) {
    const error = (await joinDirectly(token, (await newCsr()).csr).catch(
      (reason: unknown) => reason,
    )) as AppError;
    expect(error.reason).toBe(ErrorReason.UNAUTHENTICATED);
    messages.add(error.message);
  }
  expect(messages.size).toBe(1);
});

test('a key that has joined does not become a second server', async () => {
  const { csr } = await newCsr();
  await app.joining.join({ token: (await app.newToken()).token, csr, name: 'one' });
  const again = app.joining.join({ token: (await app.newToken()).token, csr, name: 'two' });
  await expect(again).rejects.toMatchObject({ code: Code.AlreadyExists });
});

test('servers that wish the same name at the same time get names of their own', async () => {
  const { token } = await app.newToken({ maximumUses: 8 });
  const joined = await Promise.all(Array.from({ length: 8 }, () => app.join('Same.example.com', token)));
  expect(joined.map((server) => server.serverName).sort()).toEqual(
    ['same', ...[2, 3, 4, 5, 6, 7, 8].map((number) => `same-${number}`)].sort(),
  );
});

test('a server is joined, then connected with what its agent says of it', async () => {
  const identity = await app.join('stateful');
  const state = async () => (await app.fleet.getServer({ name: identity.serverName })).server!;
  expect((await state()).state).toBe(Server_State.JOINED);
  const { close, end } = connectAgent(app.agentPort, identity);
  await vi.waitFor(async () => expect((await state()).state).toBe(Server_State.CONNECTED), {
    timeout: 15_000,
  });
  expect(await state()).toMatchObject({
    agentVersion: 'test',
    featureLevel: 1,
    facts: { hostname: 'memory' },
  });
  expect((await state()).lastSeenAt).toBeDefined();
  close();
  await end;
  // Seconds without a lane are no news.
  expect((await state()).state).toBe(Server_State.CONNECTED);
});

test('lists go page by page, by label and by name', async () => {
  const { token } = await app.fleet.createJoinToken({
    requestId: newUid(),
    maximumUses: 3,
    labels: { role: 'page' },
  });
  for (const name of ['page-a', 'page-b', 'page-c']) await app.join(name, token);
  const first = await app.fleet.listServers({ labels: { role: 'page' }, pageSize: 2 });
  const second = await app.fleet.listServers({
    labels: { role: 'page' },
    pageSize: 2,
    pageToken: first.nextPageToken,
  });
  expect([...first.servers, ...second.servers].map((server) => server.name)).toEqual([
    'page-a',
    'page-b',
    'page-c',
  ]);
  expect([first.total, second.nextPageToken]).toEqual([3, '']);
  expect((await app.fleet.listServers({ search: 'AGE-b' })).servers.map((server) => server.name)).toEqual([
    'page-b',
  ]);
  expect((await app.fleet.listServers({ search: '%' })).servers).toEqual([]);
});

test('labels and the display name change; a removed server is not there any more', async () => {
  const { serverName, serverUid } = await app.join('labelled');
  const update = { name: serverName, displayName: 'Labelled', labels: { tier: 'gold' } };
  const { server } = await app.fleet.updateServer({ requestId: newUid(), ...update });
  expect(server).toMatchObject({ displayName: 'Labelled', labels: { tier: 'gold' } });
  await app.fleet.removeServer({ requestId: newUid(), name: serverName });
  await expect(app.fleet.getServer({ name: serverName })).rejects.toMatchObject({ code: Code.NotFound });
  expect((await app.fleet.listServers({})).servers.some((other) => other.uid === serverUid)).toBe(false);
});

test('a server that is not there is not found', async () => {
  await expect(app.fleet.getServer({ name: 'nothing' })).rejects.toMatchObject({ code: Code.NotFound });
  await expect(app.fleet.removeServer({ requestId: newUid(), name: 'nothing' })).rejects.toMatchObject({
    code: Code.NotFound,
  });
});
