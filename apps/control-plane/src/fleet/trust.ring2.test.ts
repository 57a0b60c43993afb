import { createPrivateKey, createPublicKey, sign, X509Certificate } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { create } from '@bufbuild/protobuf';
import {
  DecideHoldRequest_Decision as Decision,
  Hold_Cause,
  RenewRequestSchema,
  type RenewResponse,
  Server_State,
  TrustService as TrustContract,
  type Welcome,
} from '@ostler/contracts';
import { newUid, systemClock } from '@ostler/kernel';
import { methodDefinition } from '@ostler/link-protocol/grpc';
import { MemoryAgent } from '@ostler/link-protocol/memory';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ConnectedAgents } from '../link';
import { execute, query } from '../platform/db';
import {
  connectAgent,
  dial,
  type LinkApp,
  newCsr,
  pemsOf,
  startLinkApp,
  type TestIdentity,
} from '../link/start-link-app.fixture';
import { LaneReviewLoop } from './lane-review.loop';
import { RecoveryService } from './recovery.service';
import { textToSign } from './recovery-nonce';

const DAY_MS = 86_400_000;
let app: LinkApp;
const stopping = new AbortController();
let reviewing: Promise<void>;

beforeAll(async () => {
  app = await startLinkApp();
  reviewing = app.app.get(LaneReviewLoop).run(stopping.signal);
});
afterAll(async () => {
  stopping.abort();
  await reviewing;
  await app.close();
});

const server = async ({ serverName }: TestIdentity) =>
  (await app.fleet.getServer({ name: serverName })).server!;

/** An agent that counts as real ones do: what it counts and where is told; `held` stops it. */
function countingAgent(identity: TestIdentity, count: { counter: bigint; machine: string }) {
  const rekeys: Uint8Array[] = [];
  let welcome: Welcome | undefined;
  const memory = new MemoryAgent();
  const agent = connectAgent(app.agentPort, identity, memory, newUid(), 'test', {
    continuity: () =>
      Promise.resolve({
        helloCounter: count.counter,
        machine: count.machine,
        caBundleSha256: new Uint8Array(),
      }),
    welcomed: (given) => (welcome = given),
    rekey: (nonce) => rekeys.push(nonce),
  });
  const welcomed = async (): Promise<Welcome> => {
    const ended = agent.end.then(({ message }) => Promise.reject(new Error(`not welcomed: ${message}`)));
    await Promise.race([ended, vi.waitFor(() => expect(welcome).toBeDefined(), { timeout: 10_000 })]);
    ended.catch(() => undefined);
    return welcome!;
  };
  return { ...agent, memory, rekeys, welcomed };
}

describe('recovery', () => {
  async function recover(
    identity: Pick<TestIdentity, 'keyPem' | 'csr' | 'serverUid'>,
    nonce?: Uint8Array,
    change: { text?: Buffer; serverUid?: string } = {},
  ) {
    const serverUid = change.serverUid ?? identity.serverUid;
    const challenge = nonce ?? (await app.joining.challenge({ serverUid })).nonce;
    const signature = sign(
      'sha256',
      change.text ?? textToSign(serverUid, challenge),
      createPrivateKey(identity.keyPem),
    );
    return app.joining.recover({ serverUid, nonce: challenge, signature, csr: identity.csr });
  }

  test('a server that proves its key gets a certificate that is let in, at any age of the server', async () => {
    const identity = await app.join('away');
    await app.db.unitOfWork.asSystem('join', () =>
      execute(`update server set joined_at = now() - interval '10 years' where uid = $1`, [
        identity.serverUid,
      ]),
    );
    const answer = await recover(identity);
    const pems = pemsOf(answer);
    expect(pems.chainPem).not.toBe(identity.chainPem);
    expect(answer.listenerPin).toMatch(/^sha256\/\/.{44}$/);
    expect(answer.agentServerName).toBe('agents.ostler.internal');
    const { lane, close } = connectAgent(app.agentPort, { ...identity, ...pems });
    await vi.waitFor(() => expect(lane.running).toBe(true), { timeout: 10_000 });
    close();
  });

  test('a nonce is spent by its use, and with it those that were made before', async () => {
    const identity = await app.join('once');
    const { serverUid } = identity;
    const early = await app.joining.challenge({ serverUid });
    const recovery = app.app.get(RecoveryService);
    recovery.clock = { ...systemClock, now: () => Date.now() + 1000 };
    const late = await app.joining.challenge({ serverUid });
    await recover(identity, late.nonce);
    await expect(recover(identity, late.nonce)).rejects.toMatchObject({ code: Code.Aborted });
    await expect(recover(identity, early.nonce)).rejects.toMatchObject({ code: Code.Aborted });
    recovery.clock = systemClock;
  });

  test('a nonce of another server, one that is older than two minutes and a made up one are refused', async () => {
    const [one, other] = [await app.join('one'), await app.join('other')];
    const recovery = app.app.get(RecoveryService);
    const foreign = await app.joining.challenge({ serverUid: other.serverUid });
    await expect(recover(one, foreign.nonce)).rejects.toMatchObject({ code: Code.Aborted });
    await expect(recover(one, Buffer.alloc(57, 1))).rejects.toMatchObject({ code: Code.Aborted });
    const { nonce } = await app.joining.challenge({ serverUid: one.serverUid });
    recovery.clock = { ...systemClock, now: () => Date.now() + 120_001 };
    await expect(recover(one, nonce)).rejects.toMatchObject({ code: Code.Aborted });
    recovery.clock = systemClock;
  });

  test('another key, a signature of something else and an unknown server get one answer', async () => {
    const identity = await app.join('proven');
    const stranger = await newCsr();
    const messages = new Set<string>();
    for (const attempt of [
      () => recover({ ...stranger, serverUid: identity.serverUid }),
      () => recover(identity, undefined, { text: Buffer.from('ostler recover') }),
      () => recover(identity, undefined, { serverUid: newUid() }),
      () => recover({ ...identity, csr: stranger.csr }),
    ]) {
      const error = ConnectError.from(await attempt().catch((reason: unknown) => reason));
      expect(error.code).toBe(Code.Unauthenticated);
      messages.add(error.rawMessage);
    }
    expect(messages.size).toBe(1);
  });

  test('nobody learns from a challenge who is known', async () => {
    const identity = await app.join('secret');
    const [known, unknown] = await Promise.all([
      app.joining.challenge({ serverUid: identity.serverUid }),
      app.joining.challenge({ serverUid: newUid() }),
    ]);
    expect(known.nonce).toHaveLength(unknown.nonce.length);
    expect(Object.keys(known)).toEqual(Object.keys(unknown));
  });

  test('who was revoked or removed does not recover', async () => {
    const [revoked, removed] = [await app.join('revoked'), await app.join('removed')];
    await app.fleet.revokeServer({ requestId: newUid(), name: revoked.serverName });
    await app.fleet.removeServer({ requestId: newUid(), name: removed.serverName });
    await expect(recover(revoked)).rejects.toMatchObject({ code: Code.PermissionDenied });
    await expect(recover(removed)).rejects.toMatchObject({ code: Code.Unauthenticated });
  });

  test('a recovery is in the trail of the tenant', async () => {
    const identity = await app.join('trailed');
    await recover(identity);
    const rows = await app.db.unitOfWork.asSystem('join', () =>
      query<{ subject: string }>(
        `select subject from audit_entry where method = 'ostler.link.v1.JoinService/Recover' and actor_uid = $1`,
        [identity.serverUid],
      ),
    );
    expect(rows).toEqual([{ subject: `Server ${identity.serverName}` }]);
  });
});

describe('revocation', () => {
  test('ends every lane at once, stays listed, and lets nobody in with that key again', async () => {
    const identity = await app.join('untrusted');
    const { lane, end } = connectAgent(app.agentPort, identity);
    await vi.waitFor(() => expect(lane.running).toBe(true), { timeout: 10_000 });
    const began = performance.now();
    const answer = await app.fleet.revokeServer({
      requestId: newUid(),
      name: identity.serverName,
      reason: 'its disk was stolen',
    });
    expect((await end).goAway?.reason).toBe('REVOKED');
    expect(performance.now() - began).toBeLessThan(2000);
    expect(answer.server).toMatchObject({ state: Server_State.REVOKED });
    expect((await server(identity)).revokedAt).toBeDefined();
    expect((await connectAgent(app.agentPort, identity).end).goAway?.reason).toBe('REVOKED');
  });

  test('is heard by a process that did not do it', async () => {
    const identity = await app.join('elsewhere');
    const { lane, end } = connectAgent(app.agentPort, identity);
    await vi.waitFor(() => expect(lane.running).toBe(true), { timeout: 10_000 });
    await app.db.unitOfWork.asSystem('agent-lane', async () => {
      await execute('update server set revoked_at = now() where uid = $1', [identity.serverUid]);
      app.db.wake.notify('servers');
    });
    expect((await end).goAway?.reason).toBe('REVOKED');
  });

  test('again is the same, and a server that is not there is not found', async () => {
    const identity = await app.join('twice');
    for (let time = 0; time < 2; time++)
      await app.fleet.revokeServer({ requestId: newUid(), name: identity.serverName });
    const missing = app.fleet.revokeServer({ requestId: newUid(), name: 'nothing' });
    await expect(missing).rejects.toMatchObject({ code: Code.NotFound });
  });
});

const renewal = methodDefinition(TrustContract.method.renew);

function renew(shown: TestIdentity, csr: Uint8Array, rekeyNonce: Uint8Array): Promise<RenewResponse> {
  const client = dial(app.agentPort, shown);
  return new Promise<RenewResponse>((resolve, reject) => {
    client.makeUnaryRequest(
      renewal.path,
      renewal.requestSerialize,
      renewal.responseDeserialize,
      create(RenewRequestSchema, { csr, rekeyNonce }),
      new Metadata(),
      (error, answer) => (answer ? resolve(answer) : reject(error as ServiceError)),
    );
  }).finally(() => client.close());
}

describe('a server that was put back to an older state', () => {
  test('is held, serves on without changes, and goes on when an operator says that it is the server', async () => {
    const identity = await app.join('snapshot');
    const count = { counter: 9n, machine: 'm' };
    const first = countingAgent(identity, count);
    expect((await first.welcomed()).holdMessage).toBe('');
    first.close();
    await first.end;

    count.counter = 4n;
    const back = countingAgent(identity, count);
    expect((await back.welcomed()).holdMessage).toContain('counts 4 where 9 was seen');
    await vi.waitFor(async () => expect((await server(identity)).hold).toBeDefined());
    const { hold, state } = await server(identity);
    expect(hold).toMatchObject({ cause: Hold_Cause.PUT_BACK, counterSeen: 4n, counterExpected: 9n });
    expect(state).not.toBe(Server_State.REVOKED);
    expect(app.app.get(ConnectedAgents).get(identity.serverUid)).toBeUndefined();
    const { operation } = await app.operations.start({
      requestId: newUid(),
      server: identity.serverName,
      spec: { operation: { case: 'noop', value: {} } },
    });
    back.memory.report(newUid(), 1n);
    await vi.waitFor(() => expect(back.memory.acknowledgedStatus).toHaveLength(1));
    expect(back.memory.effects.size).toBe(0);

    await app.fleet.decideHold({
      requestId: newUid(),
      name: identity.serverName,
      decision: Decision.IS_THE_SERVER,
    });
    expect((await back.end).goAway).toMatchObject({ reason: 'RESTARTING' });
    const again = countingAgent(identity, count);
    expect((await again.welcomed()).holdMessage).toBe('');
    await vi.waitFor(() => expect(again.memory.effects.get(operation!.uid)).toBe(1), { timeout: 10_000 });
    expect((await server(identity)).hold).toBeUndefined();
    expect(again.rekeys).toEqual([]);
    again.close();
  });

  test('is held no longer once its newest state is back', async () => {
    const identity = await app.join('newest');
    const first = countingAgent(identity, { counter: 9n, machine: 'm' });
    await first.welcomed();
    first.close();
    await first.end;
    const older = countingAgent(identity, { counter: 3n, machine: 'm' });
    expect((await older.welcomed()).holdMessage).not.toBe('');
    older.close();
    await older.end;
    const newest = countingAgent(identity, { counter: 10n, machine: 'm' });
    expect((await newest.welcomed()).holdMessage).toBe('');
    expect((await server(identity)).hold).toBeUndefined();
    newest.close();
  });

  test('nothing has to be decided twice', async () => {
    const identity = await app.join('decided');
    const decision = { name: identity.serverName, decision: Decision.IS_A_COPY };
    await expect(app.fleet.decideHold({ requestId: newUid(), ...decision })).rejects.toMatchObject({
      code: Code.Aborted,
    });
  });
});

describe('a server whose disk was copied', () => {
  async function copied(name: string) {
    const identity = await app.join(name);
    const real = countingAgent(identity, { counter: 7n, machine: 'real' });
    await real.welcomed();
    const copy = countingAgent(identity, { counter: 7n, machine: 'copy' });
    expect((await copy.welcomed()).holdMessage).toContain('its disk was copied');
    expect(real.lane.running).toBe(true);
    return { identity, real, copy };
  }

  test('goes on with another key, and its copy is told to forget who it is', async () => {
    const { identity, real, copy } = await copied('original');
    expect((await server(identity)).hold).toMatchObject({ cause: Hold_Cause.COPIED });
    await app.fleet.decideHold({
      requestId: newUid(),
      name: identity.serverName,
      decision: Decision.IS_A_COPY,
    });
    expect((await copy.end).goAway).toMatchObject({ reason: 'HELD' });
    await vi.waitFor(() => expect(real.rekeys).not.toHaveLength(0), { timeout: 10_000 });
    expect(real.lane.running).toBe(true);

    const fresh = await newCsr();
    const guess = renew(identity, fresh.csr, Buffer.alloc(32));
    await expect(guess).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
    const pems = pemsOf(await renew(identity, fresh.csr, real.rekeys[0]!));
    const rekeyed = { ...identity, ...fresh, ...pems };
    expect((await connectAgent(app.agentPort, identity).end).goAway?.reason).toBe('REVOKED');
    const next = countingAgent(rekeyed, { counter: 8n, machine: 'real' });
    expect((await next.welcomed()).holdMessage).toBe('');
    expect(next.rekeys).toEqual([]);
    next.close();
    // The nonce is spent, and the old key stays out whatever is tried with it.
    const spent = renew(rekeyed, identity.csr, real.rekeys[0]!);
    await expect(spent).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
  });

  test('changes places with its copy when an operator says that the held one is the server', async () => {
    const { identity, real: first, copy: second } = await copied('exchanged');
    await app.fleet.decideHold({
      requestId: newUid(),
      name: identity.serverName,
      decision: Decision.IS_THE_SERVER,
    });
    expect((await first.end).goAway).toMatchObject({ reason: 'HELD' });
    expect((await second.end).goAway).toMatchObject({ reason: 'RESTARTING' });
    const again = countingAgent(identity, { counter: 7n, machine: 'copy' });
    expect((await again.welcomed()).holdMessage).toBe('');
    await vi.waitFor(() => expect(again.rekeys).not.toHaveLength(0), { timeout: 10_000 });
    expect(new Set(again.rekeys.map((nonce) => Buffer.from(nonce).toString('hex'))).size).toBe(1);
    again.close();
  });

  test('whose copy was first to be seen from another machine is two servers at once', async () => {
    const identity = await app.join('two-machines');
    const one = countingAgent(identity, { counter: 3n, machine: 'a' });
    await one.welcomed();
    const other = countingAgent(identity, { counter: 5n, machine: 'b' });
    expect((await other.welcomed()).holdMessage).toContain('while the other one is connected');
    expect(one.lane.running).toBe(true);
    one.close();
    other.close();
  });
});

test('certificates of agents live for a day at most, and the server tells when they end', async () => {
  const identity = await app.join('daily');
  const { lane, close } = connectAgent(app.agentPort, identity);
  await vi.waitFor(() => expect(lane.running).toBe(true), { timeout: 10_000 });
  const { validToDate, publicKey } = new X509Certificate(identity.chainPem);
  expect(validToDate.getTime() - Date.now()).toBeLessThanOrEqual(DAY_MS);
  expect(publicKey.equals(createPublicKey(createPrivateKey(identity.keyPem)))).toBe(true);
  expect((await server(identity)).certificateExpiresAt?.seconds).toBe(BigInt(validToDate.getTime() / 1000));
  close();
});
