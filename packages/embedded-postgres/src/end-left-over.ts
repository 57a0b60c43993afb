import { realpath } from 'node:fs/promises';

import { endOrphans } from './cluster-processes';
import { takeFolderLock } from './folder-lock';
import { databaseFolders } from './folders';
import { alreadyServed } from './start-embedded-postgres';

/**
 * Ends a server that a killed process left behind, so that its folder can be moved.
 *
 * @throws AppError CONFLICT when a living process has the data folder.
 */
export async function endLeftOver(dataFolder: string): Promise<void> {
  const folders = databaseFolders(await realpath(dataFolder));
  const lock = takeFolderLock(folders.lockFile);
  if (!lock) throw alreadyServed(folders.dataFolder);
  try {
    await endOrphans(folders.cluster);
  } finally {
    lock.release();
  }
}
