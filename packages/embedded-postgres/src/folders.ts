import { join } from 'node:path';

/** The major version is in the path, so that an upgrade finds the old cluster beside the new one. */
export const majorVersion = 18;

export interface DatabaseFolders {
  readonly dataFolder: string;
  /** Owned by the database's user. */
  readonly home: string;
  readonly cluster: string;
  /** initdb works here; renamed to `cluster` when it is whole. */
  readonly halfMadeCluster: string;
  readonly serverLog: string;
  /** Owned by whoever starts the database, readable by nobody else. */
  readonly passwordFile: string;
  readonly lockFile: string;
}

export function databaseFolders(dataFolder: string): DatabaseFolders {
  const home = join(dataFolder, 'postgresql');
  return {
    dataFolder,
    home,
    cluster: join(home, String(majorVersion)),
    halfMadeCluster: join(home, `${majorVersion}.initdb`),
    serverLog: join(home, 'server.log'),
    passwordFile: join(dataFolder, 'postgresql-password'),
    lockFile: join(dataFolder, 'postgresql-lock'),
  };
}
