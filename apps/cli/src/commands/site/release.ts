import { createHash } from 'node:crypto';
import { createReadStream, type Dirent, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { AppError } from '@ostler/kernel';
import { newRequestId, type Ostler } from '@ostler/sdk';
import { type Release, type ReleaseFile, ReleaseFileSchema } from '@ostler/contracts';

const PIECE_BYTES = 1024 * 1024;

interface LocalFile {
  readonly absolute: string;
  readonly described: ReleaseFile;
}

/** Publishes every file below the folder; sends only what the control plane does not have. */
export async function publishFolder(ostler: Ostler, folder: string): Promise<Release> {
  const files = await describeFolder(folder);
  const begun = await ostler.releases.begin({
    requestId: newRequestId(),
    files: files.map(({ described }) => described),
  });
  if (!begun.release) throw new Error('The control plane named no release.');
  const byHash = new Map(files.map((file) => [hex(file.described.sha256), file]));
  for (const sha256 of begun.missing) {
    const file = byHash.get(hex(sha256));
    if (file) await putFile(ostler, file);
  }
  const { release } = await ostler.releases.commit({
    requestId: newRequestId(),
    digest: begun.release.digest,
  });
  return release ?? begun.release;
}

async function describeFolder(folder: string): Promise<LocalFile[]> {
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
  const files: LocalFile[] = [];
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
    const size = BigInt(statSync(absolute).size);
    files.push({
      absolute,
      described: create(ReleaseFileSchema, { path, size, sha256: await hashOf(absolute) }),
    });
  }
  if (files.length === 0) throw AppError.invalid('folder', 'EMPTY', `${folder} holds no file`);
  return files;
}

async function putFile(ostler: Ostler, { absolute, described }: LocalFile): Promise<void> {
  const { sha256, size } = described;
  const handle = await open(absolute, 'r');
  try {
    let offset = 0n;
    do {
      const length = Number(size - offset < BigInt(PIECE_BYTES) ? size - offset : BigInt(PIECE_BYTES));
      const { buffer, bytesRead } = await handle.read(new Uint8Array(length), 0, length, Number(offset));
      if (bytesRead < length)
        throw AppError.invalid('folder', 'CHANGED', `${absolute} changed while it was published`);
      const answer = await ostler.releases.putFile({ sha256, size, offset, data: buffer });
      if (answer.nextOffset <= offset && size > 0n)
        throw new Error(`${absolute} makes no progress at ${offset}.`);
      offset = answer.nextOffset;
    } while (offset < size);
  } finally {
    await handle.close();
  }
}

async function hashOf(path: string): Promise<Uint8Array> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest();
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
