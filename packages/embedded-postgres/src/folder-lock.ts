import { DatabaseSync } from 'node:sqlite';

/** Held by at most one living process per data folder; the kernel lets go of it however that process ends. */
export interface FolderLock {
  release(): void;
}

/**
 * Takes the lock on a data folder or returns undefined when another living process holds it.
 *
 * Node has no flock, and a file with a process id in it goes stale at kill -9. SQLite's exclusive
 * transaction is an fcntl lock, which does not.
 */
export function takeFolderLock(lockFile: string): FolderLock | undefined {
  const database = new DatabaseSync(lockFile);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { release: () => database.close() };
}

function isBusy(error: unknown): boolean {
  const sqliteBusy = 5;
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}
