import { mkdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startEmbeddedPostgres } from '@ostler/embedded-postgres';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import type { ConfigValues } from '../config';
import { type MasterKey, readMasterKey } from '../platform/crypto';
import { Database, inspectDatabase, queryOne, UnitOfWork } from '../platform/db';
import type { Log } from '../platform/log';

export interface Storage {
  readonly database: Database;
  readonly masterKey: Buffer;
  /** Says what was found, for who started us. */
  readonly remark: string | undefined;
}

/** Opens everything that outlives the process. What was opened is closed by the stack, also after a failure. */
export async function openStorage(
  values: ConfigValues,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<Storage> {
  // Others may pass through, to the database's own folder, and may list nothing.
  await mkdir(values.dataFolder, { recursive: true, mode: 0o711 });
  await refuseHalfRestored(values);
  const masterKey = await readMasterKey(values.masterKeyFile);
  const { url, remark } = await databaseUrl(values, log, stack);
  const database = await Database.open({ url, directUrl: values.databaseDirectUrl, log });
  stack.defer(() => database.close());
  await refuseLostKey(masterKey, values, database);
  return { database, masterKey: masterKey.key, remark };
}

export async function databaseUrl(values: ConfigValues, log: Log, stack: AsyncDisposableStack) {
  if (values.databaseUrl) return { url: values.databaseUrl, remark: undefined };
  const postgres = await startEmbeddedPostgres({ dataFolder: values.dataFolder, log });
  stack.defer(() => postgres.stop());
  const { user, password, host, port, database } = postgres.connection;
  const url = `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
  await writeFile(runningFile(values), url, { mode: 0o600 });
  stack.defer(() => rm(runningFile(values), { force: true }));
  return {
    url,
    remark: postgres.adopted ? 'Took over the database that a killed process had left running.' : undefined,
  };
}

/** Where the embedded database of a running control plane is found by the command line. */
const runningFile = (values: ConfigValues): string => join(values.dataFolder, 'database-url');

/** The database of a control plane that may be running; else it is started for as long as the stack lives. */
export async function databaseUrlBeside(
  values: ConfigValues,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<{ readonly url: string; readonly isRunning: boolean }> {
  if (values.databaseUrl) {
    const url = values.databaseDirectUrl ?? values.databaseUrl;
    return { url, isRunning: (await inspectDatabase(url)).users > 0 };
  }
  const url = await readFile(runningFile(values), 'utf8').catch(() => undefined);
  const answers = url !== undefined && (await inspectDatabase(url).then(Boolean, () => false));
  if (url && answers) return { url, isRunning: true };
  return { url: (await databaseUrl(values, log, stack)).url, isRunning: false };
}

/** Is there while a restore is under way; what it left half done is no control plane. */
export const unfinishedRestore = (values: ConfigValues): string =>
  join(values.dataFolder, 'restore-unfinished');

async function refuseHalfRestored(values: ConfigValues): Promise<void> {
  if (!(await stat(unfinishedRestore(values)).catch(() => undefined))) return;
  throw new AppError(
    ErrorReason.CONFLICT,
    `A restore into ${values.dataFolder} was cut off. Run it again: ostler-control restore FILE --replace`,
  );
}

/** For a command beside a control plane that may be running: its database, else as `openStorage`. */
export async function openStorageBeside(
  values: ConfigValues,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<Storage> {
  const url = await readFile(runningFile(values), 'utf8').catch(() => undefined);
  if (values.databaseUrl || !url) return openStorage(values, log, stack);
  const { key } = await readMasterKey(values.masterKeyFile);
  // Left behind by a process that was killed together with its database.
  const database = await Database.open({ url, log }).catch(() => undefined);
  if (!database) return openStorage(values, log, stack);
  stack.defer(() => database.close());
  return { database, masterKey: key, remark: undefined };
}

/** A new key on an old database would make every stored secret and the certificate authority unreadable. */
async function refuseLostKey({ isNew }: MasterKey, values: ConfigValues, database: Database): Promise<void> {
  if (!isNew) return;
  const find = () => queryOne('select from authority limit 1');
  if (!(await new UnitOfWork(database).asSystem('first-run', find))) return;
  await unlink(values.masterKeyFile);
  throw new AppError(
    ErrorReason.INVALID,
    `The master key ${values.masterKeyFile} is gone, and this database was sealed under it. Put it back from your backup.`,
  );
}

/** The folder of the local agent. */
export function agentFolder(values: ConfigValues): string {
  return join(values.dataFolder, 'agent');
}
