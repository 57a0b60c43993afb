import { X509Certificate } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import {
  AuditService,
  ErrorReason,
  FleetService as FleetContract,
  JoinRequestSchema,
  Server_State,
} from '@ostler/contracts';
import { createClient } from '@connectrpc/connect';
import { type AppError, newUid } from '@ostler/kernel';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newKeyPair } from '../authority/key-pairs';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '../authority/x509';
import { connectAgent, type LinkApp, newCsr, pemsOf, startLinkApp } from '../link/start-link-app.fixture';
import { ConnectedAgents } from '../link';
import { execute, query } from '../platform/db';
import { InternalCalls } from '../platform/rpc';
import { JoinService } from './join.service';
import { WaitingRoom } from './waiting-room.service';

let app: LinkApp;
let otherTenant: string;

beforeAll(async () => {
  app = await startLinkApp();
  otherTenant = newUid();
  await app.db.unitOfWork.asSystem('first-run', () =>
    execute('insert into tenant (uid, name) values ($1, $2)', [otherTenant, 'other']),
  );
});
afterAll(() => app.close());

const ask = (token: string, csr: Uint8Array, name = 'machine') =>
  app.app
    .get(JoinService)
    .join(create(JoinRequestSchema, { token, csr, name, hostname: `${name}.example` }), '192.0.2.7');

const refusalOf = (answer: Promise<unknown>) =>
  answer.then(
    () => undefined,
    (error: unknown) => (error as AppError).reason,
  );

const newToken = (wish: Parameters<typeof app.fleet.createJoinToken>[0]) =>
  app.fleet.createJoinToken({ requestId: newUid(), ...wish });

const waitingWith = async (uid: string) =>
  (await app.fleet.listWaitingServers({})).waitingServers.filter(({ joinTokenUid }) => joinTokenUid === uid);

const decide = (uid: string, letIn: boolean) =>
  app.fleet.decideWaitingServer({ requestId: newUid(), uid, letIn });

const listed = async (uid: string) =>
  (await app.fleet.listJoinTokens({})).joinTokens.find((token) => token.uid === uid)!;

test('a token is shown once, and listed with who made it and who joined by it from where', async () => {
  const { joinToken, token, command, cloudInit } = await newToken({
    maximumUses: 2,
    labels: { tier: 'edge' },
  });
  expect(command).toMatch(
    /^curl -fsSLk --pinnedpubkey 'sha256\/\/\S{44}' https:\/\/\S+\/install\.sh \| sh -s -- /,
  );
  for (const text of [command, cloudInit]) expect(text).toContain(`--token ${token} --ca sha256//`);
  const { serverName } = await ask(token, (await newCsr()).csr, 'listed');
  const one = await listed(joinToken!.uid);
  expect(one).toMatchObject({
    createdBy: 'owner@example.com',
    uses: 1,
    maximumUses: 2,
    labels: { tier: 'edge' },
  });
  expect(one.usedBy.map(({ server, address }) => [server, address])).toEqual([[serverName, '192.0.2.7']]);
  expect(
    JSON.stringify(one, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  ).not.toContain(token);
  await app.fleet.removeServer({ requestId: newUid(), name: serverName });
  expect((await listed(joinToken!.uid)).usedBy.map(({ server }) => server)).toEqual(['']);
});

test('a token that has expired lets nobody in', async () => {
  const { joinToken, token } = await newToken({});
  await app.db.unitOfWork.asSystem('join', () =>
    execute(`update join_token set expires_at = now() - interval '1 second' where uid = $1`, [
      joinToken!.uid,
    ]),
  );
  expect(await refusalOf(ask(token, (await newCsr()).csr))).toBe(ErrorReason.UNAUTHENTICATED);
});

test('of a CSR that wishes another name and extensions, only the key is believed', async () => {
  const keys = await newKeyPair();
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=agents.ostler.internal, O=ostler',
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'url', value: 'ostler:server:01890000-0000-7000-8000-000000000001' },
        { type: 'dns', value: 'agents.ostler.internal' },
      ]),
    ],
  });
  const { token } = await newToken({});
  const { serverUid, certificateChain } = await ask(token, new Uint8Array(request.rawData));
  const leaf = new X509Certificate(certificateChain[0]!);
  expect(leaf.subjectAltName).toBe(`URI:ostler:server:${serverUid}`);
  expect([leaf.subject, leaf.keyUsage, leaf.ca]).toEqual([`CN=${serverUid}`, ['1.3.6.1.5.5.7.3.2'], false]);
});

test('a server with a token for the waiting room is a server when somebody lets it in, and not before', async () => {
  const { joinToken, token } = await newToken({ waitingRoom: true, description: 'rack 7' });
  const { csr } = await newCsr();
  for (let attempt = 0; attempt < 2; attempt++) {
    const answer = await ask(token, csr, 'waiter');
    expect(answer).toMatchObject({
      waiting: true,
      retryAfterSeconds: 5,
      serverUid: '',
      certificateChain: [],
    });
  }
  const [waiting, ...others] = await waitingWith(joinToken!.uid);
  expect(others).toEqual([]);
  expect(waiting).toMatchObject({
    name: 'waiter',
    hostname: 'waiter.example',
    address: '192.0.2.7',
    joinTokenDescription: 'rack 7',
  });
  expect(waiting!.keyFingerprint).toMatch(/^sha256\/\/\S{44}$/);
  expect((await listed(joinToken!.uid)).uses).toBe(0);
  const { server } = await decide(waiting!.uid, true);
  expect(server).toMatchObject({ name: 'waiter', state: Server_State.JOINED });
  const joined = await ask(token, csr, 'waiter');
  expect(joined).toMatchObject({ waiting: false, serverUid: server!.uid });
  expect(joined.listenerPin).toMatch(/^sha256\/\//);
  expect([await waitingWith(joinToken!.uid), (await listed(joinToken!.uid)).uses]).toEqual([[], 1]);
});

test('who is turned away is told so, and one decision is made', async () => {
  const { joinToken, token } = await newToken({ waitingRoom: true });
  const { csr } = await newCsr();
  await ask(token, csr);
  const [waiting] = await waitingWith(joinToken!.uid);
  const decisions = await Promise.allSettled([decide(waiting!.uid, false), decide(waiting!.uid, false)]);
  expect(decisions.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await refusalOf(ask(token, csr))).toBe(ErrorReason.DENIED);
  await expect(decide(waiting!.uid, true)).rejects.toMatchObject({ code: Code.Aborted });
});

test('a waiting server outlives the end of its token, but not its revocation or its last use', async () => {
  const { joinToken, token } = await newToken({ waitingRoom: true });
  const [first, second] = [await newCsr(), await newCsr()];
  await ask(token, first.csr, 'first');
  await ask(token, second.csr, 'second');
  await app.db.unitOfWork.asSystem('join', () =>
    execute('update join_token set expires_at = now() where uid = $1', [joinToken!.uid]),
  );
  expect((await ask(token, first.csr, 'first')).waiting).toBe(true);
  const waiting = await waitingWith(joinToken!.uid);
  await decide(waiting.find(({ name }) => name === 'first')!.uid, true);
  await expect(decide(waiting.find(({ name }) => name === 'second')!.uid, true)).rejects.toMatchObject({
    code: Code.Aborted,
  });
  expect(await refusalOf(ask(token, second.csr))).toBe(ErrorReason.UNAUTHENTICATED);

  const revoked = await newToken({ waitingRoom: true });
  const third = await newCsr();
  await ask(revoked.token, third.csr);
  await app.fleet.revokeJoinToken({ requestId: newUid(), uid: revoked.joinToken!.uid });
  expect(await refusalOf(ask(revoked.token, third.csr))).toBe(ErrorReason.UNAUTHENTICATED);
});

test('a machine takes the place of a server: same uid, name and labels, the whole manifest, and the old key is out', async () => {
  const before = await app.join('irreplaceable');
  await app.fleet.updateServer({ requestId: newUid(), name: before.serverName, labels: { role: 'db' } });
  const old = connectAgent(app.agentPort, before);
  const stateOf = async () => (await app.fleet.getServer({ name: before.serverName })).server!;
  await vi.waitFor(async () => expect((await stateOf()).state).toBe(Server_State.CONNECTED), {
    timeout: 10_000,
  });
  await app.db.unitOfWork.asSystem('agent-lane', () =>
    execute('update server set stored_revision = 7, stored_epoch = 1, hello_counter = 9 where uid = $1', [
      before.serverUid,
    ]),
  );

  const { token, joinToken } = await newToken({ replacesServer: before.serverName });
  expect(joinToken!.replacesServer).toBe(before.serverName);
  const machine = await newCsr();
  const answer = await ask(token, machine.csr, 'a-new-name');
  expect([answer.serverUid, answer.serverName]).toEqual([before.serverUid, before.serverName]);
  await old.end;
  expect(await stateOf()).toMatchObject({
    labels: { role: 'db' },
    storedRevision: 0n,
  });

  // The old key is shut out: by its lane, by its token, by another token.
  const again = connectAgent(app.agentPort, before);
  await again.end;
  expect(app.app.get(ConnectedAgents).get(before.serverUid)).toBeUndefined();
  expect(await refusalOf(ask((await newToken({})).token, before.csr))).toBe(ErrorReason.ALREADY_EXISTS);

  const fresh = { ...before, ...machine, ...pemsOf(answer) };
  const lane = connectAgent(app.agentPort, fresh);
  await vi.waitFor(async () => expect((await stateOf()).state).toBe(Server_State.CONNECTED), {
    timeout: 10_000,
  });
  lane.close();
  await lane.end;
});

test('the token of a machine that was replaced answers its old key no more', async () => {
  const { token } = await newToken({});
  const old = await newCsr();
  const { serverName } = await ask(token, old.csr, 'replaced');
  await ask((await newToken({ replacesServer: serverName })).token, (await newCsr()).csr);
  expect(await refusalOf(ask(token, old.csr))).toBe(ErrorReason.UNAUTHENTICATED);
});

test('one machine alone can take the place of a server, and of one that is there', async () => {
  const { serverName } = await app.join('single');
  await expect(newToken({ replacesServer: serverName, maximumUses: 2 })).rejects.toMatchObject({
    code: Code.InvalidArgument,
  });
  await expect(newToken({ replacesServer: 'nobody' })).rejects.toMatchObject({ code: Code.NotFound });
  const { token } = await newToken({ replacesServer: serverName });
  const keys = await Promise.all(Array.from({ length: 10 }, () => newCsr()));
  const answers = await Promise.allSettled(keys.map(({ csr }) => ask(token, csr)));
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('tokens and waiting servers of another tenant are not there', async () => {
  const internal = app.app.get(InternalCalls);
  const wish = { requestId: newUid(), waitingRoom: true, labels: { of: 'other' } };
  const foreign = await internal.call(otherTenant, FleetContract.method.createJoinToken, wish);
  await ask(foreign.token, (await newCsr()).csr, 'foreign');
  const uid = foreign.joinToken!.uid;
  expect([await waitingWith(uid), await listed(uid)]).toEqual([[], undefined]);
  const { waitingServers } = await internal.call(otherTenant, FleetContract.method.listWaitingServers, {});
  await expect(decide(waitingServers[0]!.uid, true)).rejects.toMatchObject({ code: Code.NotFound });
  await expect(app.fleet.revokeJoinToken({ requestId: newUid(), uid })).rejects.toMatchObject({
    code: Code.NotFound,
  });
  await internal.call(otherTenant, FleetContract.method.decideWaitingServer, {
    requestId: newUid(),
    uid: waitingServers[0]!.uid,
    letIn: true,
  });
  // It joined the tenant of its token, whoever looks.
  await expect(app.fleet.getServer({ name: 'foreign' })).rejects.toMatchObject({ code: Code.NotFound });
  const { server } = await internal.call(otherTenant, FleetContract.method.getServer, { name: 'foreign' });
  expect(server!.labels).toEqual({ of: 'other' });
  const { serverName } = await app.join('ours');
  await expect(
    internal.call(otherTenant, FleetContract.method.createJoinToken, {
      requestId: newUid(),
      replacesServer: serverName,
    }),
  ).rejects.toMatchObject({ reason: ErrorReason.NOT_FOUND });
});

test('joins and decisions are in the audit trail', async () => {
  const { joinToken, token } = await newToken({ waitingRoom: true, description: 'audited' });
  await ask(token, (await newCsr()).csr, 'audited');
  const [waiting] = await waitingWith(joinToken!.uid);
  await decide(waiting!.uid, true);
  const { entries } = await createClient(AuditService, app.transport(app.token)).list({ pageSize: 20 });
  const seen = entries.map(({ method, actor }) => `${method.split('/')[1]} ${actor}`);
  expect(seen).toContain('Join join token audited');
  expect(seen).toContain('DecideWaitingServer owner@example.com');
});

test('who watches hears of servers that wait, and that somebody has decided', async () => {
  const room = app.app.get(WaitingRoom);
  const [tenantUid] = await app.db.unitOfWork.asSystem('first-run', () =>
    query<{ uid: string }>(`select uid from tenant where name <> 'other'`),
  );
  const before = await room.changesSince([tenantUid!.uid], 0n);
  const { joinToken, token } = await newToken({ waitingRoom: true });
  await ask(token, (await newCsr()).csr, 'watched');
  const [waiting] = await waitingWith(joinToken!.uid);
  const asked = await room.changesSince([tenantUid!.uid], before.version);
  expect(asked.changed.map(({ uid }) => uid)).toContain(waiting!.uid);
  await decide(waiting!.uid, false);
  const decided = await room.changesSince([tenantUid!.uid], asked.version);
  expect([
    decided.removed.includes(waiting!.uid),
    decided.changed.some(({ uid }) => uid === waiting!.uid),
  ]).toEqual([true, false]);
});

test('who gives up waiting is on no list, and waits again when it comes back', async () => {
  const { joinToken, token } = await newToken({ waitingRoom: true });
  const { csr } = await newCsr();
  await ask(token, csr, 'gave-up');
  const [waiting] = await waitingWith(joinToken!.uid);
  const silentFor = (minutes: number) =>
    app.db.unitOfWork.asSystem('first-run', () =>
      query(
        `update waiting_server set last_asked_at = now() - make_interval(mins => $2), resource_version = 0 where uid = $1`,
        [waiting!.uid, minutes],
      ),
    );
  const room = app.app.get(WaitingRoom);
  await silentFor(59);
  await room.takeOffSilent();
  expect(await waitingWith(joinToken!.uid)).toHaveLength(1);
  await silentFor(61);
  await room.takeOffSilent();
  expect(await waitingWith(joinToken!.uid)).toEqual([]);
  await expect(decide(waiting!.uid, true)).rejects.toThrow(/gave up/);
  expect((await ask(token, csr, 'gave-up')).waiting).toBe(true);
  const [again] = await waitingWith(joinToken!.uid);
  await decide(again!.uid, true);
  expect(await ask(token, csr, 'gave-up')).toMatchObject({ waiting: false, serverName: 'gave-up' });
});
