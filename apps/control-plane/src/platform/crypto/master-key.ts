import { randomBytes } from 'node:crypto';
import { link, open, readFile, stat, unlink } from 'node:fs/promises';

import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

const keyBytes = 32;

export interface MasterKey {
  readonly key: Buffer;
  /** True when there was none. On a database with secrets in it that is a loss and not a first start. */
  readonly isNew: boolean;
}

/**
 * The key that every secret is sealed under. It lies beside the database, not in it, and is to be kept with
 * the backups, apart from them.
 *
 * @throws AppError INVALID when the file is not a key or others may read it.
 */
export async function readMasterKey(file: string): Promise<MasterKey> {
  const isNew = await makeWhenMissing(file);
  const key = await readFile(file);
  if (key.length !== keyBytes)
    throw invalid(`${file} is not a master key: it has ${key.length} bytes, not ${keyBytes}.`);
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) throw invalid(`${file} can be read by other users; run: chmod 600 ${file}`);
  return { key, isNew };
}

/** Whole or not at all: a crash in between leaves no half key, and two processes agree on one. */
async function makeWhenMissing(file: string): Promise<boolean> {
  if (await stat(file).catch(() => undefined)) return false;
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(randomBytes(keyBytes));
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await unlink(draft);
  }
}

function invalid(message: string): AppError {
  return new AppError(ErrorReason.INVALID, message);
}
