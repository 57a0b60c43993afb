import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type DatabaseFolders, majorVersion } from './folders';

export interface OlderCluster {
  readonly major: number;
  readonly folder: string;
}

/** The newest cluster of an earlier PostgreSQL in the data folder, if there is one. */
export async function olderCluster({ home }: DatabaseFolders): Promise<OlderCluster | undefined> {
  const found: OlderCluster[] = [];
  for (const name of await readdir(home).catch(() => [])) {
    const folder = join(home, name);
    const major = Number(name);
    if (/^\d+$/.test(name) && major < majorVersion && (await isCluster(folder, major))) {
      found.push({ major, folder });
    }
  }
  return found.sort((a, b) => b.major - a.major)[0];
}

async function isCluster(folder: string, major: number): Promise<boolean> {
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => '');
  return Number(version.trim()) === major;
}
