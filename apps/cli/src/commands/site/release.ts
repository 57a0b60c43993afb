import { createHash } from 'node:crypto';
import { createReadStream, type Dirent, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { AppError } from '@ostler/kernel';
import { type Ostler, type ReleaseContent, sendRelease } from '@ostler/sdk';
import type { Release } from '@ostler/contracts';

/** A control plane that is upgraded is back by then; after that whoever ran the command is told. */
const PATIENCE_MS = 60_000;

/** Publishes every file below the folder; sends only what the control plane does not have. */
export async function publishFolder(ostler: Ostler, folder: string): Promise<Release> {
  return sendRelease(ostler, await contentsOf(folder), { patienceMs: PATIENCE_MS });
}

async function contentsOf(folder: string): Promise<ReleaseContent[]> {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  } catch (error) {
    throw AppError.invalid(
      'folder',
      'UNREADABLE',
      `${folder} cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  const files: ReleaseContent[] = [];
  for (const entry of entries) {
    const absolute = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    if (!entry.isFile()) {
      throw AppError.invalid(
        'folder',
        'NOT_A_FILE',
        `${absolute} is a link or a special file; publish plain files only`,
      );
    }
    const path = relative(folder, absolute).split(sep).join('/');
    files.push({
      path,
      sizeBytes: statSync(absolute).size,
      sha256: await hashOf(absolute),
      read: (offset, length) => readPiece(absolute, offset, length),
    });
  }
  if (files.length === 0) throw AppError.invalid('folder', 'EMPTY', `${folder} holds no file`);
  return files;
}

async function readPiece(path: string, offset: number, length: number): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function hashOf(path: string): Promise<Uint8Array> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest();
}
