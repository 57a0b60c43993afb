import { createPrivateKey } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { FakeFiles } from '../host/fs/fake';
import { newKeyPem } from './csr';
import { IdentityFolder } from './identity-folder';
import { type IssuedIdentity, issueIdentity } from './issued-identity.fixture';

const FOLDER = '/state/identity';
const DAY_MS = 86_400_000;
let issued: IssuedIdentity;

beforeAll(async () => {
  issued = await issueIdentity();
});

async function stored(files = new FakeFiles()) {
  const folder = new IdentityFolder(files, FOLDER);
  await folder.save(issued.identity);
  return { files, folder };
}

test('what was saved is loaded, and the join token is not kept', async () => {
  const { files, folder } = await stored();
  expect(await folder.load()).toEqual(issued.identity);
  expect(files.tree(FOLDER)[`${FOLDER}/server.json`]).not.toContain('token');
});

test('a token that an agent kept before is forgotten at the next start', async () => {
  const { files, folder } = await stored();
  const { keyPem: _, chainPem: __, caPem: ___, ...record } = issued.identity;
  files.seed(`${FOLDER}/server.json`, JSON.stringify({ ...record, token: 'ost_join_secret' }), 0o600);
  expect(await folder.load()).toEqual(issued.identity);
  expect(files.tree(FOLDER)[`${FOLDER}/server.json`]).not.toContain('ost_join_secret');
});

test.each(['server.json', 'key.pem', 'chain.pem', 'ca.pem'])(
  'without %s, with one that others can read, a link or somebody else in its place nothing is trusted',
  async (name) => {
    const path = `${FOLDER}/${name}`;
    const { files, folder } = await stored();
    const content = files.tree(FOLDER)[path]!;
    files.seed(path, content, 0o640);
    await expect(folder.load()).rejects.toThrow(`${path} has mode 0640`);
    await files.writeAtomic(path, content, { mode: 0o600, uid: 4711 });
    await expect(folder.load()).rejects.toThrow(`${path} belongs to user 4711`);
    await files.removeTree(path);
    await expect(folder.load()).rejects.toThrow(`${path} is missing`);
    files.seed('/elsewhere', content, 0o600);
    await files.linkAtomic(path, '/elsewhere');
    await expect(folder.load()).rejects.toThrow(`${path} is a link`);
  },
);

test('a folder that others can enter, and one of somebody else, are not trusted', async () => {
  const { files, folder } = await stored();
  await files.makeFolder(FOLDER, 0o750);
  await expect(folder.load()).rejects.toThrow(`${FOLDER} has mode 0750`);
});

test('a certificate of another key, of another server, and what is none are named', async () => {
  const { files, folder } = await stored();
  const chain = `${FOLDER}/chain.pem`;
  const other = await issueIdentity({ serverUid: '01890000-0000-7000-8000-00000000000f' });
  files.seed(chain, (await issueIdentity()).identity.chainPem, 0o600);
  await expect(folder.load()).rejects.toThrow(
    `${chain} is a certificate of another key than ${FOLDER}/key.pem`,
  );
  files.seed(chain, other.identity.chainPem, 0o600);
  await expect(folder.load()).rejects.toThrow(`${chain} holds a certificate of another server`);
  files.seed(chain, 'no certificate', 0o600);
  await expect(folder.load()).rejects.toThrow(`${chain} holds no certificate`);
  files.seed(chain, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 0o600);
  await expect(folder.load()).rejects.toThrow(`${chain} holds a certificate that cannot be read`);
  files.seed(chain, issued.identity.chainPem, 0o600);
  files.seed(`${FOLDER}/key.pem`, 'no key', 0o600);
  await expect(folder.load()).rejects.toThrow(`${FOLDER}/key.pem holds no private key`);
});

test('roots that ended years ago, and what is no authority, are not trusted; a clock off by days is', async () => {
  const { files } = await stored();
  const ends = issued.rootEndsMs;
  const at = (nowMs: number) => new IdentityFolder(files, FOLDER, () => nowMs).load();
  await expect(at(ends + 400 * DAY_MS)).rejects.toThrow(
    /trusts nothing that is still valid.*If the clock is wrong/,
  );
  expect(await at(ends + DAY_MS)).toEqual(issued.identity);
  expect(await at(0)).toEqual(issued.identity);
  files.seed(`${FOLDER}/ca.pem`, issued.leafPem, 0o600);
  await expect(at(Date.now())).rejects.toThrow(`${FOLDER}/ca.pem holds a certificate that is no authority`);
});

test.each([
  ['{', 'cannot be read as JSON'],
  ['[]', 'does not say controlUrl'],
  ['{"controlUrl":"https://c"}', 'does not say serverUid'],
])('a server.json that says %s is named', async (content, why) => {
  const { files, folder } = await stored();
  files.seed(`${FOLDER}/server.json`, content, 0o600);
  await expect(folder.load()).rejects.toThrow(`${FOLDER}/server.json ${why}`);
});

test('a crash between a new chain and its key is settled at the next start', async () => {
  const { files, folder } = await stored();
  const next = newKeyPem();
  const certified = await issueIdentity({ key: createPrivateKey(next) });
  await folder.saveNextKey(next);
  expect((await folder.load()).keyPem).toBe(issued.identity.keyPem);
  files.seed(`${FOLDER}/chain.pem`, certified.identity.chainPem, 0o600);
  expect((await folder.load()).keyPem).toBe(next);
  expect(await folder.nextKey()).toBeUndefined();
  expect((await folder.load()).keyPem).toBe(next);
});

test('who was forgotten has not joined', async () => {
  const { files, folder } = await stored();
  await folder.forget();
  expect(await folder.hasJoined()).toBe(false);
  expect(files.tree(FOLDER)).toEqual({});
});
