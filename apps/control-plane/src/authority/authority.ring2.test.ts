import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, connect } from 'node:tls';
import { Pkcs10CertificateRequestGenerator } from './x509';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../config';
import { Vault } from '../platform/crypto';
import { query } from '../platform/db';
import { openTestDatabase, type OpenTestDatabase } from '../platform/db/open-test-database.fixture';
import { AuthorityRepository } from './authority.repository';
import { AGENT_LISTENER_NAME, AuthorityService } from './authority.service';
import { newKeyPair } from './key-pairs';
import { ListenerKeys } from './listener-keys';

const serverUid = '01890000-0000-7000-8000-000000000001';
const vault = new Vault(Buffer.alloc(32, 7));
let db: OpenTestDatabase;
let authority: AuthorityService;

beforeAll(async () => {
  db = await openTestDatabase();
  authority = new AuthorityService(db.unitOfWork, new AuthorityRepository(), vault);
  await authority.onModuleInit();
});
afterAll(() => db.close());

async function csrWith(name: string): Promise<Uint8Array> {
  const keys = await newKeyPair();
  const request = await Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  return new Uint8Array(request.rawData);
}

test('an agent gets a certificate for its own server and one day, whatever its CSR wishes', async () => {
  const key = await authority.readCsr(await csrWith('CN=agents.ostler.internal, O=root'));
  const { chain } = await authority.issueForAgent(serverUid, key);
  const [leaf, intermediate] = chain.map((der) => new X509Certificate(der));
  const [root] = authority.caBundle().map((der) => new X509Certificate(der));
  expect(leaf!.subjectAltName).toBe(`URI:ostler:server:${serverUid}`);
  expect(leaf!.subject).toBe(`CN=${serverUid}`);
  expect(leaf!.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(Date.parse(leaf!.validTo) - Date.now()).toBeLessThanOrEqual(86_400_000);
  expect(leaf!.verify(intermediate!.publicKey) && intermediate!.verify(root!.publicKey)).toBe(true);
  expect([leaf!.ca, intermediate!.ca]).toEqual([false, true]);
});

test('a CSR that another key signed, one that is no CSR and one of another kind of key are refused', async () => {
  const csr = Buffer.from(await csrWith('CN=a'));
  csr[csr.length - 1]! ^= 1;
  await expect(authority.readCsr(csr)).rejects.toThrow('csr');
  await expect(authority.readCsr(Buffer.from('no CSR'))).rejects.toThrow('PKCS #10');
});

test('two control planes that start at once make one authority, which a restart opens again', async () => {
  const others = await Promise.all(
    [1, 2, 3].map(async () => {
      const other = new AuthorityService(db.unitOfWork, new AuthorityRepository(), vault);
      await other.onModuleInit();
      return other;
    }),
  );
  expect(new Set(others.map((other) => other.caPin()))).toEqual(new Set([authority.caPin()]));
});

test('keys are sealed: another master key opens nothing', async () => {
  const other = new AuthorityService(
    db.unitOfWork,
    new AuthorityRepository(),
    new Vault(Buffer.alloc(32, 8)),
  );
  await expect(other.onModuleInit()).rejects.toThrow();
});

test('a listener is trusted by the bundle and sends the pinned root along', async () => {
  const { key, certificateChain } = await authority.issueForListener([AGENT_LISTENER_NAME, '127.0.0.1']);
  const listener = createServer({ key, cert: certificateChain }).listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const address = listener.address() as { port: number };
  const bundle = authority.caBundle().map((der) => new X509Certificate(der).toString());
  const socket = connect({
    port: address.port,
    host: '127.0.0.1',
    servername: AGENT_LISTENER_NAME,
    ca: bundle,
  });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  expect(socket.authorized).toBe(true);
  socket.destroy();
  listener.close();
  expect(authority.caPin()).toMatch(/^sha256\/\/[A-Za-z0-9+/]{43}=$/);
});

test('development certificates come from a root that agents do not trust', async () => {
  const csr = await csrWith('CN=evil.example');
  const { chain } = await authority.issueForDevelopment(['a.example', '*.b.example'], csr, 10);
  const [leaf, issuer] = chain.map((der) => new X509Certificate(der));
  const [root] = authority.caBundle().map((der) => new X509Certificate(der));
  expect(leaf!.subjectAltName).toBe('DNS:a.example, DNS:*.b.example');
  expect(leaf!.verify(issuer!.publicKey)).toBe(true);
  expect(leaf!.verify(root!.publicKey) || issuer!.verify(root!.publicKey)).toBe(false);
  expect(createPublicKey(issuer!.publicKey.export({ format: 'pem', type: 'spki' })).asymmetricKeyType).toBe(
    'ec',
  );
});

const listenerKeys = async (environment: Record<string, string> = {}, sealedBy = vault) => {
  const config = loadConfig({ OSTLER_DATA: '/nonexistent', ...environment }, false);
  const keys = new ListenerKeys(db.unitOfWork, sealedBy, config);
  await keys.onModuleInit();
  return keys;
};

const pinOfCertificate = (pem: string): string => {
  const spki = new X509Certificate(pem).publicKey.export({ format: 'der', type: 'spki' });
  return `sha256//${createHash('sha256').update(spki).digest('base64')}`;
};

test('certificates of the public listener are of one key, through restarts and at every renewal', async () => {
  const keys = await Promise.all([1, 2, 3].map(() => listenerKeys()));
  expect(new Set(keys.map((one) => one.pin())).size).toBe(1);
  const [first, second] = [
    await authority.issueForListener(['a.example'], keys[0]!.privateKey()),
    await authority.issueForListener(['b.example'], keys[2]!.privateKey()),
  ];
  expect(first.certificateChain).not.toBe(second.certificateChain);
  expect([first, second].map((one) => pinOfCertificate(one.certificateChain))).toEqual([
    keys[0]!.pin(),
    keys[0]!.pin(),
  ]);
  expect(second.key).toBe(first.key);
  const stored = await db.unitOfWork.asSystem('authority', () =>
    query('select sealed_key from listener_key'),
  );
  expect(stored).toHaveLength(1);
  await expect(listenerKeys({}, new Vault(Buffer.alloc(32, 8)))).rejects.toThrow();
});

test('with a certificate of the operator the pin is the one of its key, also after it was replaced', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ostler-listener-'));
  const [one, other] = [
    await authority.issueForListener(['own.example']),
    await authority.issueForListener(['own.example']),
  ];
  await writeFile(join(folder, 'c.pem'), one.certificateChain);
  const tls = {
    OSTLER_TLS_CERTIFICATE: join(folder, 'c.pem'),
    OSTLER_TLS_KEY: join(folder, 'k.pem'),
  };
  const keys = await listenerKeys(tls);
  expect([keys.pin(), keys.privateKey()]).toEqual([pinOfCertificate(one.certificateChain), undefined]);
  keys.pinCertificate(other.certificateChain);
  expect(keys.pin()).toBe(pinOfCertificate(other.certificateChain));
  await rm(folder, { recursive: true });
});
