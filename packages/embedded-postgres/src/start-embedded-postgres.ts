import { mkdir, realpath } from 'node:fs/promises';

import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { Client } from 'pg';

import { postgresBinaries } from './binaries';
import { ensureCluster, hasCluster, prepareFolders, superuser } from './cluster';
import { databaseUser } from './database-user';
import { takeFolderLock } from './folder-lock';
import { databaseFolders, majorVersion } from './folders';
import type { DatabaseFolders } from './folders';
import { olderCluster } from './older-cluster';
import { Supervisor } from './supervisor';
import type { EmbeddedPostgres, EmbeddedPostgresOptions, PostgresConnection } from './types';

export const database = 'ostler';

/**
 * Starts the database of a data folder and keeps it running until `stop()`. A server that a killed process
 * left behind is taken over; one that dies is started again on the same port.
 *
 * @throws when another living process has the data folder, when the database's user cannot reach it, when
 *   there are no binaries for this processor, or when the server does not start (with its last log lines).
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  await mkdir(options.dataFolder, { recursive: true, mode: 0o711 });
  const folders = databaseFolders(await realpath(options.dataFolder));
  const lock = takeFolderLock(folders.lockFile);
  if (!lock) throw alreadyServed(folders.dataFolder);
  try {
    return await startLocked(folders, options, () => lock.release());
  } catch (error) {
    lock.release();
    throw error;
  }
}

export function alreadyServed(dataFolder: string): AppError {
  const message = `another process serves the data folder ${dataFolder}; stop it first, or choose another folder`;
  return new AppError(ErrorReason.CONFLICT, message);
}

async function startLocked(
  folders: DatabaseFolders,
  { log, settings = {} }: EmbeddedPostgresOptions,
  release: () => void,
): Promise<EmbeddedPostgres> {
  const user = await databaseUser();
  await prepareFolders(folders, user);
  await refuseOlderCluster(folders);
  const binaries = await postgresBinaries(user, folders.dataFolder);
  const password = await ensureCluster(folders, binaries, user);
  const connectionTo = (port: number) => ({ host: '127.0.0.1', port, user: superuser, password, database });
  const greet = (port: number) => asSuperuser(connectionTo(port), () => Promise.resolve());
  const supervisor = await Supervisor.start({ binaries, folders, user, settings, log, greet });
  const connection = connectionTo(supervisor.port);
  try {
    await ensureDatabase(connection);
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
  const stop = onlyOnce(() => supervisor.stop().finally(release));
  return { connection, adopted: supervisor.adopted, postmasterPid: () => supervisor.pid, stop };
}

/** A new cluster beside the old one would look like an empty control plane. */
async function refuseOlderCluster(folders: DatabaseFolders): Promise<void> {
  const older = (await hasCluster(folders)) ? undefined : await olderCluster(folders);
  if (!older) return;
  const message =
    `${folders.dataFolder} holds a database of PostgreSQL ${older.major}, and this version brings PostgreSQL ${majorVersion}. ` +
    'Run: ostler-control upgrade-database (the old one is kept until you say otherwise)';
  throw new AppError(ErrorReason.CONFLICT, message);
}

export async function ensureDatabase(connection: PostgresConnection): Promise<void> {
  await asSuperuser(connection, async (client) => {
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  });
}

/** In the database that is always there. */
export async function asSuperuser(
  connection: PostgresConnection,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client({ ...connection, database: 'postgres', connectionTimeoutMillis: 30_000 });
  // A server that is killed under an idle connection is noticed by the next query.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function onlyOnce<T>(action: () => Promise<T>): () => Promise<T> {
  let outcome: Promise<T> | undefined;
  return () => (outcome ??= action());
}
