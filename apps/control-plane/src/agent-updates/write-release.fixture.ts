import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeAgentRelease, signAgentRelease } from '@ostler/link-protocol';

const keys = generateKeyPairSync('ed25519');

export interface WrittenRelease {
  readonly folder: string;
  readonly content: Buffer;
  readonly sha256: Buffer;
}

/** A signed release as a build leaves it, with a package that is no package. */
export async function writeRelease(
  output: string,
  version: string,
  sequence: bigint,
  architecture = 'x86_64',
): Promise<WrittenRelease> {
  const content = Buffer.from(`the package of ${version} `.repeat(20_000));
  const sha256 = createHash('sha256').update(content).digest();
  const packages = [{ architecture, sha256, size: BigInt(content.length) }];
  const release = encodeAgentRelease({ version, sequence, featureLevel: 1, madeAt: sequence, packages });
  const folder = join(output, version);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'release.bin'), release);
  await writeFile(join(folder, 'signature.bin'), signAgentRelease(release, keys.privateKey));
  await writeFile(join(folder, 'release-key.pub'), keys.publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(folder, `${sha256.toString('hex')}.tar.gz`), content);
  return { folder, content, sha256 };
}
