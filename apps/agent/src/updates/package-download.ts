import type { AgentPackage } from '@ostler/contracts';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import type { Files } from '../host/fs';
import { sameBytes } from '../store';

/** What this needs of the link. */
export interface PackageSource {
  fetchAgentPackage(sha256: Uint8Array, offset: bigint): AsyncIterable<Uint8Array>;
}

export interface Download {
  readonly files: Files;
  readonly source: PackageSource;
  readonly folder: string;
  readonly wanted: AgentPackage;
  readonly signal: AbortSignal;
  readonly progress: (bytes: number) => void;
}

const BITS = { mode: 0o600 };

/**
 * The package as a file of this server. What had arrived before goes on from there; when that turns out to be
 * something else, it is fetched once more from the beginning.
 *
 * @throws AppError DENIED when what arrives is not what the release names, LIMIT_EXCEEDED when the disk is full.
 */
export async function downloadPackage(download: Download): Promise<string> {
  const { files, folder, wanted } = download;
  const path = `${folder}/${Buffer.from(wanted.sha256).toString('hex')}.tar.gz`;
  for (const name of await files.list(folder)) {
    if (name.endsWith('.tar.gz') && `${folder}/${name}` !== path) await files.removeTree(`${folder}/${name}`);
  }
  for (const attempt of ['resumed', 'anew']) {
    const there = (await files.state(path))?.size ?? 0;
    if (attempt === 'anew' || there > Number(wanted.size)) await files.removeTree(path);
    await fetch(download, path);
    if (await isComplete(download, path)) return path;
  }
  await files.removeTree(path);
  throw new AppError(
    ErrorReason.DENIED,
    'The package is refused: what arrived is not what the signed release names. It was changed on its way or where it is kept.',
  );
}

async function fetch({ files, source, wanted, signal, progress }: Download, path: string): Promise<void> {
  let size = (await files.state(path))?.size ?? 0;
  if (size === Number(wanted.size)) return;
  for await (const piece of source.fetchAgentPackage(wanted.sha256, BigInt(size))) {
    signal.throwIfAborted();
    size += piece.byteLength;
    if (size > Number(wanted.size)) return;
    await append(files, path, piece);
    progress(size);
  }
}

/** A disk that is full gets back what the half package takes: whatever else runs there needs it. */
async function append(files: Files, path: string, piece: Uint8Array): Promise<void> {
  try {
    await files.append(path, piece, BITS);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    await files.removeTree(path);
    throw new AppError(
      ErrorReason.LIMIT_EXCEEDED,
      `The disk is full: the package does not fit below ${path}. Make room, then try again; the agent that runs goes on.`,
      { cause: error },
    );
  }
}

async function isComplete({ files, wanted }: Download, path: string): Promise<boolean> {
  if ((await files.state(path))?.size !== Number(wanted.size)) return false;
  const sha256 = await files.sha256(path);
  return sha256 !== undefined && sameBytes(sha256, wanted.sha256);
}
