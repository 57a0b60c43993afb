import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runnerImport } from 'vite';

import { type AgentPackage, makeAgentPackage, packAgent } from '../agent/make-package.ts';
import { ensureReleaseKey, type ReleaseKey } from './release-key.ts';

// A signed release of the agent, as a folder that control planes take:
//   VERSION/release.bin  signature.bin  release-key.pub  SHA256.tar.gz
// `node deploy/release/make-release.ts [OUTPUT]` makes one below OUTPUT, by default dist/agent-releases. A build of
// what was built before is not made again. With --when-changed only the newest is kept: for `npm start`.

const root = join(import.meta.dirname, '../..');
const codecFile = join(root, 'packages/link-protocol/src/agent-release.ts');

export interface MadeRelease {
  readonly folder: string;
  readonly version: string;
}

export interface ReleaseParts {
  readonly output: string;
  readonly key: ReleaseKey;
  readonly made: AgentPackage;
  /** Grows with every release: seconds since 1970. */
  readonly sequence?: bigint;
}

/** Packs, digests and signs a package of the agent. */
export async function makeRelease({ output, key, made, sequence }: ReleaseParts): Promise<MadeRelease> {
  const folder = join(output, made.version);
  if (await isSignedBy(key, folder)) return { folder, version: made.version };
  // The contract is written for a bundler (imports without an extension), so it is loaded by one.
  const { module: codec } = await runnerImport<
    typeof import('../../packages/link-protocol/src/agent-release.ts')
  >(codecFile, { configFile: false, logLevel: 'error' });
  const archive = await packAgent(made);
  const sha256 = await digestOf(archive);
  const nowSeconds = BigInt(Math.floor(Date.now() / 1000));
  const release = codec.encodeAgentRelease({
    version: made.version,
    sequence: sequence ?? nowSeconds,
    featureLevel: await featureLevel(),
    madeAt: nowSeconds,
    packages: [{ architecture: architecture(), sha256, size: BigInt((await stat(archive)).size) }],
  });
  const staging = join(output, `.${made.version}.${process.pid}`);
  await mkdir(staging, { recursive: true, mode: 0o755 });
  await rename(archive, join(staging, `${sha256.toString('hex')}.tar.gz`));
  await writeFile(join(staging, 'release.bin'), release);
  await writeFile(join(staging, 'signature.bin'), codec.signAgentRelease(release, key.privateKey));
  await writeFile(join(staging, 'release-key.pub'), key.publicPem);
  await rm(folder, { recursive: true, force: true });
  await rename(staging, folder);
  return { folder, version: made.version };
}

async function isSignedBy({ publicPem }: ReleaseKey, folder: string): Promise<boolean> {
  const known = await readFile(join(folder, 'release-key.pub'), 'utf8').catch(() => '');
  return known === publicPem;
}

async function digestOf(file: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest();
}

/** As `uname -m` says it. */
function architecture(): string {
  return process.arch === 'arm64' ? 'aarch64' : 'x86_64';
}

async function featureLevel(): Promise<number> {
  const source = await readFile(join(root, 'apps/agent/src/version.ts'), 'utf8');
  const level = /FEATURE_LEVEL = (\d+)/.exec(source)?.[1];
  if (level === undefined) throw new Error('apps/agent/src/version.ts names no FEATURE_LEVEL');
  return Number(level);
}

/** What decides the content of the package, cheaply: names, sizes and times of its sources. */
async function fingerprintOfInputs(key: ReleaseKey): Promise<string> {
  const hash = createHash('sha256').update(key.publicPem);
  for (const folder of ['apps/agent/dist', 'deploy/agent', 'deploy/release']) {
    for (const name of (await readdir(join(root, folder))).sort()) {
      const { size, mtimeMs } = await stat(join(root, folder, name));
      hash.update(`${folder}/${name} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.update(process.version).digest('hex');
}

async function makeFromCheckout(output: string, onlyNewest: boolean): Promise<MadeRelease | undefined> {
  await mkdir(output, { recursive: true });
  const key = await ensureReleaseKey();
  const fingerprintFile = join(output, '.inputs');
  const fingerprint = await fingerprintOfInputs(key);
  if (onlyNewest && (await readFile(fingerprintFile, 'utf8').catch(() => '')) === fingerprint)
    return undefined;
  const staging = join(output, `.package.${process.pid}`);
  try {
    const release = await makeRelease({ output, key, made: await makeAgentPackage(staging) });
    if (onlyNewest) await removeOthers(output, release.version);
    await writeFile(fingerprintFile, fingerprint);
    return release;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function removeOthers(output: string, version: string): Promise<void> {
  for (const name of await readdir(output)) {
    if (name !== version && !name.startsWith('.')) await rm(join(output, name), { recursive: true });
  }
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const onlyNewest = args.includes('--when-changed');
  const [output = join(root, 'dist/agent-releases')] = args.filter((arg) => !arg.startsWith('--'));
  const made = await makeFromCheckout(output, onlyNewest);
  if (made) console.log(`${made.folder} (${made.version})`);
}
