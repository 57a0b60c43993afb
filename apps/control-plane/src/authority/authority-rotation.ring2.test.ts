import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import { newUid } from '@ostler/kernel';
import { bundleSha256 } from '@ostler/link-protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Vault } from '../platform/crypto';
import { execute } from '../platform/db';
import { openTestDatabase, type OpenTestDatabase } from '../platform/db/open-test-database.fixture';
import { Log } from '../platform/log';
import { AuthorityRotation } from './authority-rotation';
import { AuthorityRepository } from './authority.repository';
import { AGENT_LISTENER_NAME, AuthorityService, epochText } from './authority.service';

const vault = new Vault(Buffer.alloc(32, 7));
let db: OpenTestDatabase;
let authority: AuthorityService;
let rotation: AuthorityRotation;

beforeAll(async () => {
  db = await openTestDatabase();
  authority = new AuthorityService(db.unitOfWork, new AuthorityRepository(), vault);
  await authority.onModuleInit();
  rotation = rotationOf(authority);
});
afterAll(() => db.close());

function rotationOf(service: AuthorityService): AuthorityRotation {
  const log = new Log('error', () => undefined);
  return new AuthorityRotation(db.unitOfWork, db.wake, new AuthorityRepository(), service, vault, log);
}

const pemOf = (roots: readonly Uint8Array[]): string[] =>
  roots.map((der) => new X509Certificate(der).toString());

/** Whether who trusts these roots trusts the listener that is opened now. */
async function trusts(roots: readonly Uint8Array[]): Promise<string> {
  const { key, certificateChain } = await authority.issueForListener([AGENT_LISTENER_NAME]);
  const listener = createServer({ key, cert: certificateChain }).listen(0, '127.0.0.1');
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address() as { port: number };
  const socket = connect({ port, host: '127.0.0.1', servername: AGENT_LISTENER_NAME, ca: pemOf(roots) });
  const said = await new Promise<string>((resolve) => {
    socket.once('secureConnect', () => resolve('trusted'));
    socket.once('error', (error) => resolve(error.message));
  });
  socket.destroy();
  listener.close();
  return said;
}

async function serverThatTrusts(name: string, roots: readonly Uint8Array[] | undefined): Promise<string> {
  const uid = newUid();
  await db.unitOfWork.asSystem('authority', async () => {
    const tenantUid = newUid();
    await execute('insert into tenant (uid, name) values ($1, $2)', [tenantUid, name]);
    await execute(
      `insert into server (uid, tenant_uid, name, key_sha256, ca_bundle_sha256) values ($1, $2, $3, $4, $5)`,
      [uid, tenantUid, name, Buffer.from(name), roots ? bundleSha256(roots) : null],
    );
  });
  return uid;
}

async function nowTrusts(uid: string): Promise<void> {
  await db.unitOfWork.asSystem('authority', () =>
    execute('update server set ca_bundle_sha256 = $2 where uid = $1', [uid, authority.caBundleSha256()]),
  );
}

test('after a rotation who trusts the old root alone, the new one alone or both finds the way', async () => {
  const before = authority.caBundle();
  const pin = authority.caPin();
  const other = new AuthorityService(db.unitOfWork, new AuthorityRepository(), vault);
  await other.onModuleInit();
  const changed = new Promise<void>((resolve) => other.onChanged(resolve));
  const off = rotationOf(other);
  off.onModuleInit();

  const status = await rotation.rotate();
  await changed;
  off.onModuleDestroy();
  expect(other.caBundle()).toEqual(authority.caBundle());
  expect(status.formerRoots).toBe(1);
  expect(authority.caPin()).not.toBe(pin);

  const [newer, older] = authority.caBundle();
  expect([older]).toEqual(before);
  expect([await trusts([older!]), await trusts([newer!]), await trusts([newer!, older!])]).toEqual([
    'trusted',
    'trusted',
    'trusted',
  ]);
});

test('two rotations later the first root still leads to the third', async () => {
  await rotation.rotate();
  const roots = authority.caBundle();
  expect(roots).toHaveLength(3);
  expect(new Set(roots.map((der) => new X509Certificate(der).subject)).size).toBe(3);
  for (const root of roots) expect(await trusts([root])).toBe('trusted');
});

test('the old root is retired when every server has the new one, or by force', async () => {
  const roots = authority.caBundle();
  const away = await serverThatTrusts('away', undefined);
  await serverThatTrusts('here', roots);
  await expect(rotation.retire(false)).rejects.toThrow(/1 servers have not taken the new root: away\./);
  expect(authority.caBundle()).toHaveLength(3);

  await nowTrusts(away);
  const status = await rotation.retire(false);
  expect(status.formerRoots).toBe(0);
  expect(authority.caBundle()).toEqual([roots[0]]);
  expect(await trusts([roots[0]!])).toBe('trusted');
  expect(await trusts([roots[1]!])).toMatch(/certificate/);

  // Nobody has said yet that it trusts the present root alone.
  await rotation.rotate();
  await expect(rotation.retire(false)).rejects.toThrow('2 servers');
  expect((await rotation.retire(true)).formerRoots).toBe(0);
});

test('an epoch is signed by an authority that leads to every root that agents may trust', async () => {
  const [older] = authority.caBundle();
  await rotation.rotate();
  const { epoch, signature, certificateChain } = authority.signEpoch(7n);
  const chain = certificateChain.map((der) => new X509Certificate(der));
  expect(epoch).toBe(7n);
  expect(verify('sha256', epochText(7n), chain[0]!.publicKey, signature)).toBe(true);
  expect(verify('sha256', epochText(8n), chain[0]!.publicKey, signature)).toBe(false);
  expect(epochText(7n).toString()).toBe('ostler epoch\n7');
  const [newest] = authority.caBundle().map((der) => new X509Certificate(der));
  expect(chain[0]!.verify(newest!.publicKey)).toBe(true);
  expect(chain[0]!.verify(createPublicKey(chain[1]!.publicKey.export({ format: 'pem', type: 'spki' })))).toBe(
    true,
  );
  expect(chain[1]!.verify(new X509Certificate(older!).publicKey)).toBe(true);
});

test('what agents verify is good for a year on both sides, what they show for a day', async () => {
  const yearMs = 365 * 86_400_000;
  const { certificateChain } = await authority.issueForListener([AGENT_LISTENER_NAME]);
  for (const pem of certificateChain.split(/(?<=-----END CERTIFICATE-----\n)/).filter(Boolean)) {
    const { validFromDate, validToDate } = new X509Certificate(pem);
    expect(Date.now() - validFromDate.getTime()).toBeGreaterThanOrEqual(yearMs - 60_000);
    expect(validToDate.getTime() - Date.now()).toBeGreaterThanOrEqual(yearMs - 60_000);
  }
});
