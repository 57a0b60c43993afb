import { createHash, createPublicKey } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { create } from '@bufbuild/protobuf';
import { type AgentRelease, type SignedAgentRelease, SignedAgentReleaseSchema } from '@ostler/contracts';
import { hexOf, verifyAgentRelease } from '@ostler/link-protocol';

// docs/adr/0143-agent-release.md: VERSION/{release.bin,signature.bin,release-key.pub,SHA256.tar.gz}

/** A release as it lies in a folder. */
export interface FolderRelease {
  readonly release: AgentRelease;
  readonly signed: SignedAgentRelease;
  /** PEM of the key that signed it. */
  readonly publicKey: string;
  readonly folder: string;
}

const MOST_FILE_BYTES = 65_536;

/**
 * Reads a release and checks that its own key signed it and that every package is there, whole. Whether that key
 * is the right one is for the agents to say: only they know it. @throws Error that says what is wrong.
 */
export async function readReleaseFolder(folder: string): Promise<FolderRelease> {
  const [bytes, signature, key] = await Promise.all(
    ['release.bin', 'signature.bin', 'release-key.pub'].map((name) => readSmall(join(folder, name))),
  );
  const publicKey = key!.toString('utf8');
  const signed = create(SignedAgentReleaseSchema, { release: bytes!, signature: signature! });
  const release = verifyAgentRelease(signed, createPublicKey(publicKey));
  for (const { sha256, size } of release.packages) {
    const file = packageFile(folder, sha256);
    if ((await stat(file)).size !== Number(size))
      throw new Error(`${file} has another size than its release says`);
  }
  return { release, signed, publicKey, folder };
}

/** Reads every package: once, before the release is taken. */
export async function checkPackages({ folder, release }: FolderRelease): Promise<void> {
  for (const { sha256 } of release.packages) {
    const file = packageFile(folder, sha256);
    const hash = createHash('sha256');
    for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
    if (!hash.digest().equals(sha256)) throw new Error(`${file} has another content than its release says`);
  }
}

export function packageFile(folder: string, sha256: Uint8Array): string {
  return join(folder, `${hexOf(sha256)}.tar.gz`);
}

async function readSmall(file: string): Promise<Buffer> {
  const { size } = await stat(file);
  if (size > MOST_FILE_BYTES)
    throw new Error(`${file} has ${size} bytes, at most ${MOST_FILE_BYTES} are read`);
  return readFile(file);
}
