import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { create } from '@bufbuild/protobuf';
import { RenewRequestSchema, type RenewResponse, TrustService } from '@ostler/contracts';
import { methodDefinition } from '@ostler/link-protocol/grpc';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { AuthorityService } from '../authority';
import {
  type Issuer,
  type LeafRequest,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  serverUri,
} from '../authority/certificate-profiles';
import { newKeyPair, privateKeyToDer, toPem } from '../authority/key-pairs';
import type { OpenAuthorities } from '../authority/open-authorities';
import { X509Certificate } from '../authority/x509';
import {
  AGENT_NAME,
  connectAgent,
  dial,
  type LinkApp,
  newCsr,
  pemsOf,
  startLinkApp,
  type TestIdentity,
} from './start-link-app.fixture';

const DAY_MS = 86_400_000;
let app: LinkApp;
let identity: TestIdentity;

beforeAll(async () => {
  app = await startLinkApp();
  identity = await app.join('web');
});
afterAll(() => app.close());

/** How a lane that shows this certificate ends. */
async function attempt(shown: Partial<Pick<TestIdentity, 'keyPem' | 'chainPem'>>): Promise<string> {
  const { end } = connectAgent(app.agentPort, { caPem: identity.caPem, ...shown });
  const { message, welcomed } = await end;
  expect(welcomed).toBe(false);
  return message;
}

/** A certificate that our own intermediate signs, wrong in one way. */
async function issuedByUs(change: Partial<LeafRequest>, nowMs = Date.now()) {
  const keys = await newKeyPair();
  const { issuers } = Reflect.get(app.app.get(AuthorityService), 'authorities') as OpenAuthorities;
  const issuer = issuers.get('intermediate')!;
  return shownBy(issuer, keys, change, nowMs);
}

async function shownBy(
  issuer: Issuer,
  keys: Awaited<ReturnType<typeof newKeyPair>>,
  change: Partial<LeafRequest>,
  nowMs: number,
) {
  const leaf = await makeLeaf(
    {
      commonName: 'agent',
      names: [{ type: 'url', value: serverUri(identity.serverUid) }],
      usage: 'client',
      publicKey: keys.publicKey,
      lifetimeMs: DAY_MS,
      ...change,
    },
    issuer,
    nowMs,
  );
  const chain = [leaf, issuer.certificate].map((certificate) => new Uint8Array(certificate.rawData));
  return {
    keyPem: toPem('PRIVATE KEY', await privateKeyToDer(keys.privateKey)),
    chainPem: chain.map((der) => toPem('CERTIFICATE', der)).join(''),
  };
}

test('the agent of a server that joined is welcomed', async () => {
  const { lane, end, close } = connectAgent(app.agentPort, identity);
  await vi.waitFor(() => expect(lane.running).toBe(true), { timeout: 10_000 });
  close();
  expect((await end).welcomed).toBe(true);
});

describe('refused at the handshake', () => {
  test('no certificate', async () =>
    expect(await attempt({})).toMatch(/alert|certificate|connection|ECONNRESET/i));

  test('one that has ended', async () => {
    expect(await attempt(await issuedByUs({}, Date.now() - 3 * DAY_MS))).toMatch(
      /alert|connection|ECONNRESET/i,
    );
  });

  test('one that is not valid yet', async () => {
    expect(await attempt(await issuedByUs({}, Date.now() + 3 * DAY_MS))).toMatch(
      /alert|connection|ECONNRESET/i,
    );
  });

  test('one for servers and not for clients', async () => {
    expect(await attempt(await issuedByUs({ usage: 'server' }))).toMatch(/alert|connection|ECONNRESET/i);
  });

  test('one of another authority that bears our names', async () => {
    const nowMs = Date.now();
    const rootKeys = await newKeyPair();
    const root = { certificate: await makeRoot('Ostler root', rootKeys, nowMs), key: rootKeys.privateKey };
    const keys = await newKeyPair();
    const certificate = await makeIntermediate('Ostler intermediate', keys.publicKey, root, nowMs);
    const issuer = { certificate: new X509Certificate(certificate.rawData), key: keys.privateKey };
    expect(await attempt(await shownBy(issuer, await newKeyPair(), {}, nowMs))).toMatch(
      /alert|connection|ECONNRESET/i,
    );
  });

  test('one that it has signed itself', async () => {
    const nowMs = Date.now();
    const keys = await newKeyPair();
    const itself = { certificate: await makeRoot('agent', keys, nowMs), key: keys.privateKey };
    const certificate = await makeLeaf(
      {
        commonName: 'agent',
        names: [{ type: 'url', value: serverUri(identity.serverUid) }],
        usage: 'client',
        publicKey: keys.publicKey,
        lifetimeMs: DAY_MS,
      },
      itself,
      nowMs,
    );
    const shown = {
      keyPem: toPem('PRIVATE KEY', await privateKeyToDer(keys.privateKey)),
      chainPem: toPem('CERTIFICATE', new Uint8Array(certificate.rawData)),
    };
    expect(await attempt(shown)).toMatch(/alert|connection|ECONNRESET/i);
  });

  test('a development certificate, which a tenant may have', async () => {
    const { issuers } = Reflect.get(app.app.get(AuthorityService), 'authorities') as OpenAuthorities;
    const shown = await shownBy(issuers.get('development')!, await newKeyPair(), {}, Date.now());
    expect(await attempt(shown)).toMatch(/alert|connection|ECONNRESET/i);
  });
});

test("another server's certificate needs its key, and a key of its own is not the one that joined", async () => {
  const end = await connectAgent(app.agentPort, { caPem: identity.caPem, ...(await issuedByUs({})) }).end;
  expect(end.goAway?.reason).toBe('REVOKED');
});

test('a certificate of one server with the key of another speaks for neither', async () => {
  const other = await app.join('other');
  const key = await app.app.get(AuthorityService).readCsr(other.csr);
  const { chain } = await app.app.get(AuthorityService).issueForAgent(identity.serverUid, key);
  const chainPem = chain.map((der) => toPem('CERTIFICATE', der)).join('');
  const end = await connectAgent(app.agentPort, { ...other, chainPem }).end;
  expect(end.goAway?.reason).toBe('REVOKED');
});

test('a certificate that names no server, or two, may not speak', async () => {
  const other = { type: 'url' as const, value: serverUri('01890000-0000-7000-8000-00000000000a') };
  const own = { type: 'url' as const, value: serverUri(identity.serverUid) };
  for (const names of [[{ type: 'dns' as const, value: 'web' }], [own, other]]) {
    const { end } = connectAgent(app.agentPort, { caPem: identity.caPem, ...(await issuedByUs({ names })) });
    expect((await end).goAway?.reason).toBe('REVOKED');
  }
});

test('a connection that does not begin TLS is closed after 5 s', { timeout: 15_000 }, async () => {
  const began = performance.now();
  const socket = connectTcp(app.agentPort, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  await new Promise((resolve) => socket.once('close', resolve));
  expect(performance.now() - began).toBeLessThan(8000);
});

/** A plain TLS client that shows the certificate of the server that joined. */
async function handshake(options: Partial<ConnectionOptions>): Promise<TLSSocket> {
  const socket = connectTls({
    port: app.agentPort,
    host: '127.0.0.1',
    servername: AGENT_NAME,
    ca: identity.caPem,
    key: identity.keyPem,
    cert: identity.chainPem,
    ALPNProtocols: ['h2'],
    ...options,
  });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  return socket;
}

test('TLS below 1.2 is refused', async () => {
  await expect(handshake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).rejects.toThrow();
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'no %s session is resumed, so every certificate is looked at',
  async (version) => {
    const versions = { minVersion: version, maxVersion: version };
    const first = await handshake(versions);
    const session = await new Promise<Buffer | undefined>((resolve) => {
      first.once('session', resolve).once('data', () => resolve(first.getSession()));
    });
    first.destroy();
    const second = await handshake({ ...versions, session });
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
  },
);

const renewal = methodDefinition(TrustService.method.renew);

function renew(csr: Uint8Array, shown: TestIdentity = identity): Promise<RenewResponse> {
  const client = dial(app.agentPort, shown);
  return new Promise<RenewResponse>((resolve, reject) => {
    client.makeUnaryRequest(
      renewal.path,
      renewal.requestSerialize,
      renewal.responseDeserialize,
      create(RenewRequestSchema, { csr }),
      new Metadata(),
      (error, answer) => (answer ? resolve(answer) : reject(error as ServiceError)),
    );
  }).finally(() => client.close());
}

test('a certificate is renewed for the key that joined, and for no other', async () => {
  const pems = pemsOf(await renew(identity.csr));
  expect(pems.chainPem).not.toBe(identity.chainPem);
  const { lane, close } = connectAgent(app.agentPort, { ...identity, ...pems });
  await vi.waitFor(() => expect(lane.running).toBe(true), { timeout: 10_000 });
  close();
  await expect(renew((await newCsr()).csr)).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
  await expect(renew(Buffer.from('no CSR'))).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});

test('the lanes of a removed server end within 2 s, and it is not let in again', async () => {
  const removed = await app.join('gone');
  const { lane, end } = connectAgent(app.agentPort, removed);
  await vi.waitFor(() => expect(lane.running).toBe(true), { timeout: 10_000 });
  const began = performance.now();
  await app.fleet.removeServer({ requestId: crypto.randomUUID(), name: removed.serverName });
  expect((await end).goAway?.reason).toBe('REVOKED');
  expect(performance.now() - began).toBeLessThan(2000);
  expect((await connectAgent(app.agentPort, removed).end).goAway?.reason).toBe('REVOKED');
  await expect(renew(removed.csr, removed)).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
});

test('a newer lane takes over; an agent that was replaced and comes back is a copy and is refused', async () => {
  const first = connectAgent(app.agentPort, identity, undefined, 'first');
  await vi.waitFor(() => expect(first.lane.running).toBe(true), { timeout: 10_000 });
  const again = connectAgent(app.agentPort, identity, undefined, 'first');
  expect((await first.end).goAway?.reason).toBe('REPLACED');
  await vi.waitFor(() => expect(again.lane.running).toBe(true), { timeout: 10_000 });
  const second = connectAgent(app.agentPort, identity, undefined, 'second');
  expect((await again.end).goAway?.reason).toBe('REPLACED');
  await vi.waitFor(() => expect(second.lane.running).toBe(true), { timeout: 10_000 });
  const copy = await connectAgent(app.agentPort, identity, undefined, 'first').end;
  expect(copy.goAway).toMatchObject({ reason: 'REPLACED' });
  expect(copy.message).toContain('same key');
  expect(second.lane.running).toBe(true);
  second.close();
});
