import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { ErrorReason } from '@ostler/contracts';
import { endLeftOver } from '@ostler/embedded-postgres';
import { AppError } from '@ostler/kernel';

import type { ConfigValues } from '../../config';
import { inspectDatabase, setSchemaAside } from '../../platform/db';

export interface RoomWish {
  readonly replace: boolean;
  /** Of the backup: the same key may be in its place already. */
  readonly masterKey: Buffer;
  readonly now: Date;
}

/**
 * Makes room for a restore; what is there is refused, or with `replace` kept under another name. The agent of
 * this machine keeps its folder: it speaks for the server, not for the control plane.
 *
 * @returns where the old is kept, in words; undefined when there was none.
 */
export async function makeRoom(values: ConfigValues, wish: RoomWish): Promise<string | undefined> {
  await mkdir(values.dataFolder, { recursive: true, mode: 0o711 });
  const name = `before-restore-${wish.now
    .toISOString()
    .replaceAll(/[^0-9]/g, '')
    .slice(0, 14)}`;
  const kept = [
    values.databaseUrl ? await emptyDatabase(values, wish, name) : await emptyFolder(values, wish, name),
    await emptyKeyFile(values, wish, name),
  ];
  return kept.find((place) => place !== undefined);
}

async function emptyFolder(values: ConfigValues, { replace }: RoomWish, name: string) {
  await endLeftOver(values.dataFolder);
  const taken = ['postgresql', 'postgresql-password', 'database-url'].map((entry) =>
    join(values.dataFolder, entry),
  );
  const found = await existing(taken);
  if (found.length === 0) return undefined;
  if (!replace) throw refused(`${values.dataFolder} holds a control plane`);
  return moveAside(values, found, name);
}

async function emptyDatabase(values: ConfigValues, { replace }: RoomWish, name: string) {
  const url = values.databaseDirectUrl ?? values.databaseUrl!;
  const { hasTables, users } = await inspectDatabase(url);
  if (users > 0)
    throw new AppError(
      ErrorReason.CONFLICT,
      'A control plane is connected to the database of DATABASE_URL: stop it first.',
    );
  if (!hasTables) return undefined;
  if (!replace) throw refused('the database of DATABASE_URL holds a control plane');
  await setSchemaAside(url, name.replaceAll('-', '_'));
  return `the schema ${name.replaceAll('-', '_')}`;
}

/** A key of another control plane is as precious as its database. */
async function emptyKeyFile(values: ConfigValues, { replace, masterKey }: RoomWish, name: string) {
  const there = await readFile(values.masterKeyFile).catch(() => undefined);
  if (!there || there.equals(masterKey)) return undefined;
  if (!replace) throw refused(`${values.masterKeyFile} is the master key of a control plane`);
  return moveAside(values, [values.masterKeyFile], name);
}

async function moveAside(values: ConfigValues, paths: readonly string[], name: string): Promise<string> {
  const folder = join(values.dataFolder, name);
  await mkdir(folder, { recursive: true, mode: 0o711 });
  for (const path of paths) await rename(path, join(folder, basename(path)));
  return folder;
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => stat(path).then(Boolean, () => false)));
  return paths.filter((_, index) => found[index]);
}

function refused(what: string): AppError {
  return new AppError(
    ErrorReason.ALREADY_EXISTS,
    `Nothing was restored: ${what}. With --replace it is kept under another name, and the backup takes its place.`,
  );
}
