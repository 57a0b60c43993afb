import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

// The release key belongs to who makes releases: outside of the checkout, and outside of any control plane's data.
//   node deploy/release/release-key.ts        makes it, once, and prints the public half

export interface ReleaseKey {
  readonly file: string;
  readonly privateKey: KeyObject;
  /** PEM of the public half; servers keep it as /etc/ostler/release-key.pub. */
  readonly publicPem: string;
}

/** OSTLER_RELEASE_KEY names the file of the private half. */
export function releaseKeyFile(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment['OSTLER_RELEASE_KEY'];
  return named && named !== '' ? named : join(homedir(), '.config/ostler/release/release-key.pem');
}

/** The key of this builder, made when there is none. @throws when others can read it, or it is no Ed25519 key. */
export async function ensureReleaseKey(file = releaseKeyFile()): Promise<ReleaseKey> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await makeOnce(file);
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) throw new Error(`${file} can be read by others: chmod go= ${file}`);
  const privateKey = createPrivateKey(await readFile(file, 'utf8'));
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`${file} is no Ed25519 key`);
  const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  await writeFile(`${file.replace(/\.pem$/, '')}.pub`, publicPem, { mode: 0o644 });
  return { file, privateKey, publicPem };
}

/** Two builds that start at once end with one key: a link is made once. */
async function makeOnce(file: string): Promise<void> {
  if (await stat(file).catch(() => undefined)) return;
  const { privateKey } = generateKeyPairSync('ed25519');
  const staged = `${file}.${process.pid}`;
  await writeFile(staged, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await chmod(staged, 0o600);
  try {
    await link(staged, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(staged);
  }
}

if (import.meta.main) {
  const { file, publicPem } = await ensureReleaseKey();
  console.log(
    `${file}\nKeep it: agents that trust its public half take updates from nobody else.\n${publicPem}`,
  );
}
