import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import type { PostgresBinaries } from './binaries';
import type { DatabaseUser } from './database-user';
import type { DatabaseFolders } from './folders';
import { barrierOnTheWayTo } from './reachability';

const run = promisify(execFile);

export const superuser = 'ostler';

/** Makes the folders and proves that the database's user can get into them. */
export async function prepareFolders(folders: DatabaseFolders, user: DatabaseUser): Promise<void> {
  await mkdir(folders.dataFolder, { recursive: true, mode: 0o711 });
  if (user.isOther) await letThrough(folders.dataFolder);
  await mkdir(folders.home, { recursive: true, mode: 0o700 });
  if (user.isOther) await chown(folders.home, user.uid, user.gid);
  const barrier = await barrierOnTheWayTo(folders.home, user);
  if (barrier === undefined) return;
  throw new AppError(
    ErrorReason.INVALID,
    `the data folder ${folders.dataFolder} cannot hold the database: its user (uid ${user.uid}) may not ` +
      `enter ${barrier}; choose a data folder outside of it, or chmod o+x ${barrier}`,
  );
}

/** Others may pass through our data folder to what is theirs, and still not list it. */
async function letThrough(folder: string): Promise<void> {
  const { mode } = await stat(folder);
  await chmod(folder, (mode & 0o7777) | 0o011);
}

/** Makes the cluster when there is none. A run that was cut off leaves only a folder that is made anew. */
export async function ensureCluster(
  folders: DatabaseFolders,
  binaries: PostgresBinaries,
  user: DatabaseUser,
) {
  await rm(folders.halfMadeCluster, { recursive: true, force: true });
  if (await hasCluster(folders)) return readPassword(folders);
  // That of an older cluster stays: it is needed to read what is in there.
  const password = (await keptPassword(folders)) ?? randomBytes(32).toString('base64url');
  await writePrivately(folders.passwordFile, password);
  await initialise(folders, binaries, user, password);
  await rename(folders.halfMadeCluster, folders.cluster);
  await syncFolder(folders.home);
  return password;
}

export async function hasCluster(folders: DatabaseFolders): Promise<boolean> {
  return stat(join(folders.cluster, 'PG_VERSION')).then(Boolean, () => false);
}

function keptPassword({ passwordFile }: DatabaseFolders): Promise<string | undefined> {
  return readFile(passwordFile, 'utf8').then(
    (text) => text.trim() || undefined,
    () => undefined,
  );
}

export async function readPassword(folders: DatabaseFolders): Promise<string> {
  try {
    return (await readFile(folders.passwordFile, 'utf8')).trim();
  } catch (cause) {
    const message = `the database's password cannot be read from ${folders.passwordFile}; restore it from a backup`;
    throw new AppError(ErrorReason.UNAVAILABLE, message, { cause });
  }
}

/** initdb is told the password by a file that only the database's user reads, and syncs what it wrote. */
async function initialise(
  folders: DatabaseFolders,
  binaries: PostgresBinaries,
  user: DatabaseUser,
  password: string,
): Promise<void> {
  const handover = join(folders.home, 'initdb-password');
  await writePrivately(handover, password, user);
  try {
    await run(binaries.initdb, initdbArguments(folders.halfMadeCluster, handover), asUser(folders, user));
  } finally {
    await rm(handover, { force: true });
  }
}

// The builtin provider sorts by code point and knows Unicode's upper and lower case: the same order on
// every machine, whatever locales it has, and no index to rebuild when the C library changes.
function initdbArguments(pgdata: string, passwordFile: string): string[] {
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${superuser}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  return ['--data-checksums', '--no-instructions', ...locale, ...access, '--pgdata', pgdata];
}

/** Child process options of a program that runs as the database's user and inherits no environment. */
export function asUser(folders: DatabaseFolders, user: DatabaseUser) {
  const identity = user.isOther ? { uid: user.uid, gid: user.gid } : {};
  return { cwd: folders.home, env: { LC_ALL: 'C', PATH: '/usr/bin:/bin', TZ: 'UTC' }, ...identity };
}

async function writePrivately(path: string, text: string, owner?: DatabaseUser): Promise<void> {
  const staging = `${path}.new`;
  const file = await open(staging, 'w', 0o600);
  try {
    await file.writeFile(text);
    if (owner?.isOther) await file.chown(owner.uid, owner.gid);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(staging, path);
  await syncFolder(dirname(path));
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
