import { createHash, randomBytes } from 'node:crypto';
import { constants, lstatSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { AppError } from '@ostler/kernel';
import { ErrorReason } from '@ostler/contracts';
import { checkPath, foldersAbove, nameOf, parentOf } from './path-rules';
import type { Files, FileState, WriteOptions } from './port';

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_TRUNC, O_WRONLY } = constants;
const DEFAULT_MOST_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;

/** The files of this machine. */
export function createLinuxFiles(): Files {
  return { ...readers, ...writers };
}

const readers: Pick<Files, 'state' | 'read' | 'readPiece' | 'sha256' | 'list' | 'readLink' | 'freeBytes'> = {
  async state(path) {
    checkPath(path);
    const stat = await orUndefined(fs.lstat(path));
    return stat && toState(stat);
  },

  async read(path, mostBytes = DEFAULT_MOST_BYTES) {
    const opened = await openToRead(path);
    if (!opened) return undefined;
    await using file = opened;
    const { size } = await file.stat();
    if (size > mostBytes) throw tooLarge(path, size, mostBytes);
    const content = await file.readFile();
    if (content.byteLength > mostBytes) throw tooLarge(path, content.byteLength, mostBytes);
    return content;
  },

  async readPiece(path, offset, mostBytes) {
    const opened = await openToRead(path);
    if (!opened) return undefined;
    await using file = opened;
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(mostBytes), 0, mostBytes, offset);
    return buffer.subarray(0, bytesRead);
  },

  async sha256(path) {
    const opened = await openToRead(path);
    if (!opened) return undefined;
    await using file = opened;
    const hash = createHash('sha256');
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (let offset = 0; ;) {
      const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, offset);
      if (bytesRead === 0) return hash.digest();
      hash.update(piece.subarray(0, bytesRead));
      offset += bytesRead;
    }
  },

  async list(path) {
    checkPath(path);
    return ((await orUndefined(fs.readdir(path))) ?? []).sort();
  },

  async readLink(path) {
    checkPath(path);
    return orUndefined(fs.readlink(path));
  },

  async freeBytes(path) {
    checkPath(path);
    const { bavail, bsize } = await fs.statfs(path);
    return bavail * bsize;
  },
};

const writers: Omit<Files, keyof typeof readers> = {
  async writeAtomic(path, content, options) {
    checkWritable(path);
    const temporary = temporaryBeside(path);
    try {
      await writeNew(temporary, content, options, true);
      await fs.rename(temporary, path);
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(parentOf(path));
  },

  async writeStaged(path, content, options) {
    checkWritable(path);
    await using file = await fs.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, options.mode);
    await applyOwner(file, options);
    await file.writeFile(content);
  },

  async append(path, content, options) {
    checkWritable(path);
    await using file = await fs.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, options.mode);
    if ((await file.stat()).size === 0) await applyOwner(file, options);
    await file.writeFile(content);
  },

  async syncTree(path) {
    checkPath(path);
    const stat = await fs.lstat(path);
    if (stat.isFile()) return syncFile(path);
    if (stat.isDirectory()) await syncBelow(path);
  },

  async makeFolder(path, mode) {
    checkWritable(path);
    // Most often the folders above are there.
    if (!(await makeOne(path, mode))) {
      for (const folder of foldersAbove(path)) {
        checkWritable(folder);
        await makeOne(folder, 0o755);
      }
      await makeOne(path, mode);
    }
    const stat = await fs.stat(path);
    if (!stat.isDirectory()) throw notAFolder(path);
    if ((stat.mode & 0o7777) !== mode) await fs.chmod(path, mode);
  },

  async rename(from, to) {
    checkWritable(from);
    checkWritable(to);
    await fs.rename(from, to);
    await syncFolder(parentOf(to));
    if (parentOf(from) !== parentOf(to)) await syncFolder(parentOf(from));
  },

  async linkFile(from, to) {
    checkWritable(from);
    checkWritable(to);
    await fs.link(from, to);
  },

  async linkAtomic(path, target) {
    checkWritable(path);
    const temporary = temporaryBeside(path);
    await fs.symlink(target, temporary);
    await fs.rename(temporary, path);
    await syncFolder(parentOf(path));
  },

  async removeTree(path) {
    checkWritable(path);
    await fs.rm(path, { recursive: true, force: true });
    await syncFolder(parentOf(path)).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error;
    });
  },
};

/** A link at the end is not followed; a pipe or a device would hang or never end, so it is refused. */
async function openToRead(path: string): Promise<fs.FileHandle | undefined> {
  checkPath(path);
  const stat = await orUndefined(fs.stat(path));
  if (!stat) return undefined;
  if (!stat.isFile()) throw AppError.invalid('path', 'NOT_A_FILE', `${path} is not a regular file.`);
  return orUndefined(fs.open(path, O_RDONLY));
}

/**
 * Another user must not be able to lead the agent's writes elsewhere: each folder and link on the way is
 * owned by root or by the agent's own user. (A missing one is left for the call itself to report.)
 */
function checkWritable(path: string): void {
  checkPath(path);
  const own = process.geteuid?.() ?? 0;
  for (const folder of foldersAbove(path)) {
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    if (!stat) return;
    if (stat.uid === 0 || stat.uid === own) continue;
    throw AppError.invalid(
      'path',
      'PATH_NOT_OURS',
      `${path} is refused: ${folder} belongs to user ${stat.uid}, who could replace what is in it.`,
    );
  }
}

async function writeNew(
  path: string,
  content: Uint8Array | string,
  options: WriteOptions,
  sync: boolean,
): Promise<void> {
  await using file = await fs.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, options.mode);
  await applyOwner(file, options);
  await file.writeFile(content);
  if (sync) await file.sync();
}

/** The process's umask may have taken bits from the mode that the file was made with. */
async function applyOwner(file: fs.FileHandle, options: WriteOptions): Promise<void> {
  const stat = await file.stat();
  const { uid = stat.uid, gid = stat.gid } = options;
  if (uid !== stat.uid || gid !== stat.gid) await file.chown(uid, gid);
  if ((stat.mode & 0o7777) !== options.mode) await file.chmod(options.mode);
}

/** False when the folder above is missing. */
async function makeOne(path: string, mode: number): Promise<boolean> {
  try {
    await fs.mkdir(path, { mode });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  return true;
}

async function syncBelow(folder: string): Promise<void> {
  for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isFile()) await syncFile(path);
    else if (entry.isDirectory()) await syncBelow(path);
  }
  await syncFolder(folder);
}

async function syncFile(path: string): Promise<void> {
  await using file = await fs.open(path, O_RDONLY | O_NOFOLLOW);
  await file.sync();
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await fs.open(path, O_RDONLY | O_DIRECTORY);
  await folder.sync();
}

function temporaryBeside(path: string): string {
  return `${parentOf(path) === '/' ? '' : parentOf(path)}/.${nameOf(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.new`;
}

function toState(stat: Awaited<ReturnType<typeof fs.lstat>>): FileState {
  const kind = stat.isFile()
    ? 'file'
    : stat.isDirectory()
      ? 'folder'
      : stat.isSymbolicLink()
        ? 'link'
        : 'other';
  return {
    kind,
    size: Number(stat.size),
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    modifiedMs: Number(stat.mtimeMs),
    changedMs: Number(stat.ctimeMs),
    links: Number(stat.nlink),
  };
}

async function orUndefined<T>(pending: Promise<T>): Promise<T | undefined> {
  try {
    return await pending;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function tooLarge(path: string, size: number, mostBytes: number): AppError {
  return new AppError(
    ErrorReason.LIMIT_EXCEEDED,
    `${path} has ${size} bytes, at most ${mostBytes} are read.`,
  );
}

function notAFolder(path: string): AppError {
  return AppError.invalid('path', 'NOT_A_FOLDER', `${path} exists and is not a folder.`);
}
