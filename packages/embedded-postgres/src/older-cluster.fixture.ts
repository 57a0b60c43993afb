import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

import { reachableBinaries } from './binaries';
import { ensureCluster, prepareFolders, superuser } from './cluster';
import { databaseUser } from './database-user';
import { databaseFolders } from './folders';
import { asSuperuser, database, ensureDatabase } from './start-embedded-postgres';
import { Supervisor } from './supervisor';
import type { PostgresConnection } from './types';

/** Where the programs of PostgreSQL 17 are installed. */
export const postgres17 = join(
  resolve(dirname(createRequire(import.meta.url).resolve('postgresql-17-linux-x64')), '..'),
  'native',
);

/** Makes a data folder as a control plane with PostgreSQL 17 left it, with what `fill` put into its database. */
export async function leaveOlderCluster(
  dataFolder: string,
  fill: (connection: PostgresConnection) => Promise<void>,
): Promise<void> {
  const user = await databaseUser();
  const folders = { ...databaseFolders(dataFolder), cluster: join(dataFolder, 'postgresql/17') };
  await prepareFolders(folders, user);
  const installed = { native: postgres17, version: '17.10.0-beta.17' };
  const binaries = await reachableBinaries(installed, user, dataFolder);
  const password = await ensureCluster(folders, binaries, user);
  const connectionTo = (port: number) => ({ host: '127.0.0.1', port, user: superuser, password, database });
  const greet = (port: number) => asSuperuser(connectionTo(port), () => Promise.resolve());
  const log = { info: () => undefined, warn: () => undefined };
  const server = await Supervisor.start({ binaries, folders, user, settings: {}, log, greet });
  try {
    await ensureDatabase(connectionTo(server.port));
    await fill(connectionTo(server.port));
  } finally {
    await server.stop();
  }
}
