import { access, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { type BinaryPackage, postgresBinaries, reachableBinaries, sharedFolder } from './binaries';
import { ensureCluster, hasCluster, prepareFolders, readPassword, superuser, syncFolder } from './cluster';
import { databaseUser, type DatabaseUser } from './database-user';
import { takeFolderLock } from './folder-lock';
import { type DatabaseFolders, databaseFolders, majorVersion } from './folders';
import { olderCluster, type OlderCluster } from './older-cluster';
import { alreadyServed, asSuperuser, database, ensureDatabase } from './start-embedded-postgres';
import { Supervisor } from './supervisor';
import type { PostgresConnection, SupervisorLog } from './types';

export interface UpgradeOptions {
  readonly dataFolder: string;
  readonly log: SupervisorLog;
  /** Folder with `bin/postgres` of the old version; looked for when absent. */
  readonly oldBinaries?: string;
  /** Folders in which they are looked for; absent: the data folder, and where a start as root keeps them. */
  readonly searched?: readonly string[];
  /** Copies everything from the one database, which nobody writes to, into the other, which is empty. */
  copy(from: PostgresConnection, to: PostgresConnection): Promise<void>;
}

export interface Upgraded {
  readonly from: number;
  readonly to: number;
  /** The old cluster, kept. */
  readonly kept: string;
}

/**
 * Moves the database of a data folder to the PostgreSQL that is installed: both servers run, rows are copied, and
 * the new cluster takes its name last. Whatever interrupts it, the old cluster is as it was and in force.
 *
 * @throws AppError NOT_FOUND when there is no older cluster; CAPABILITY_MISSING when its binaries are not found.
 */
export async function upgradeEmbeddedPostgres(options: UpgradeOptions): Promise<Upgraded> {
  const folders = databaseFolders(await realpath(options.dataFolder));
  const lock = takeFolderLock(folders.lockFile);
  if (!lock) throw alreadyServed(folders.dataFolder);
  try {
    const old = (await hasCluster(folders)) ? undefined : await olderCluster(folders);
    if (!old)
      throw new AppError(
        ErrorReason.NOT_FOUND,
        `${folders.dataFolder} holds no database of an older PostgreSQL.`,
      );
    await upgrade(folders, old, options);
    return { from: old.major, to: majorVersion, kept: old.folder };
  } finally {
    lock.release();
  }
}

/** Removes the clusters of earlier versions; returns their folders. */
export async function forgetOlderClusters(dataFolder: string): Promise<string[]> {
  const folders = databaseFolders(await realpath(dataFolder));
  if (!(await hasCluster(folders))) {
    throw new AppError(
      ErrorReason.CONFLICT,
      'The database was not upgraded yet: the old one is the only one.',
    );
  }
  const removed: string[] = [];
  for (let old = await olderCluster(folders); old; old = await olderCluster(folders)) {
    await rm(old.folder, { recursive: true });
    removed.push(old.folder);
  }
  return removed;
}

async function upgrade(folders: DatabaseFolders, old: OlderCluster, options: UpgradeOptions): Promise<void> {
  const user = await databaseUser();
  await prepareFolders(folders, user);
  const password = await readPassword(folders);
  const oldFolders = { ...folders, cluster: old.folder, serverLog: join(folders.home, 'server-old.log') };
  const newFolders = {
    ...folders,
    cluster: join(folders.home, `${majorVersion}.upgrading`),
    serverLog: join(folders.home, 'server-new.log'),
  };
  await rm(newFolders.cluster, { recursive: true, force: true });
  const binaries = await postgresBinaries(user, folders.dataFolder);
  const oldBinaries = await reachableBinaries(
    await findBinaries(old.major, folders, options),
    user,
    folders.dataFolder,
  );
  await ensureCluster(newFolders, binaries, user);
  const connectionTo = (port: number) => ({ host: '127.0.0.1', port, user: superuser, password, database });
  const serve = (which: DatabaseFolders, by: typeof binaries, whose: DatabaseUser) =>
    Supervisor.start({
      binaries: by,
      folders: which,
      user: whose,
      settings: {},
      log: options.log,
      greet: (port) => asSuperuser(connectionTo(port), () => Promise.resolve()),
    });
  {
    await using stack = new AsyncDisposableStack();
    const from = await serve(oldFolders, oldBinaries, user);
    stack.defer(() => from.stop());
    const to = await serve(newFolders, binaries, user);
    stack.defer(() => to.stop());
    await ensureDatabase(connectionTo(to.port));
    await options.copy(connectionTo(from.port), connectionTo(to.port));
  }
  await rename(newFolders.cluster, folders.cluster);
  await syncFolder(folders.home);
}

/** Where a start as root, or an earlier installation, left them. */
async function findBinaries(
  major: number,
  folders: DatabaseFolders,
  { oldBinaries, searched = [folders.dataFolder, sharedFolder] }: UpgradeOptions,
): Promise<BinaryPackage> {
  if (oldBinaries) return { native: oldBinaries, version: await versionIn(oldBinaries, major) };
  for (const parent of searched) {
    for (const name of await readdir(parent).catch(() => [])) {
      const version = new RegExp(`^postgresql-(${major}\\..+)$`).exec(name)?.[1];
      const native = join(parent, name);
      if (version && (await isThere(join(native, 'bin/postgres')))) return { native, version };
    }
  }
  throw new AppError(
    ErrorReason.CAPABILITY_MISSING,
    `The database was made by PostgreSQL ${major}, and its programs are not in ${folders.dataFolder} any more. ` +
      'Give their folder with --binaries, or take a backup with the version of Ostler before this one and restore it here.',
  );
}

/** Of a package that lies as it was installed; else only the major version is known, and it is enough. */
async function versionIn(native: string, major: number): Promise<string> {
  const text = await readFile(join(native, '../package.json'), 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { version?: string }).version ?? `${major}.0`;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
