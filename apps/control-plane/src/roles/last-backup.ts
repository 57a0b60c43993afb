import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ConfigValues } from '../config';

export interface LastBackup {
  readonly takenAt: string;
  readonly bytes: number;
}

const file = ({ dataFolder }: Pick<ConfigValues, 'dataFolder'>): string =>
  join(dataFolder, 'last-backup.json');

/** For who asks how old the last backup is; beside the database, because a backup only reads that. */
export async function noteBackup(values: ConfigValues, backup: LastBackup): Promise<void> {
  await writeFile(`${file(values)}.new`, `${JSON.stringify(backup)}\n`, { mode: 0o600 });
  await rename(`${file(values)}.new`, file(values));
}

export async function lastBackup(values: ConfigValues): Promise<LastBackup | undefined> {
  const text = await readFile(file(values), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as LastBackup);
}
