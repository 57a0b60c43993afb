import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { everyMigration, migrate, TableLoader } from '../platform/db';
import { backedUpTables } from './backed-up-tables';
import { type BackupHeader, damaged } from './backup-format';
import type { OpenBackup } from './open-backup';
import { settle } from './settle-restored';

export interface LoadTarget {
  /** Of an empty database; the role owns the schema. */
  readonly databaseUrl: string;
  readonly now: Date;
}

export interface LoadSummary {
  readonly epoch: bigint;
  readonly rows: ReadonlyMap<string, number>;
  /** Operations that had not ended when the backup was taken. */
  readonly interrupted: number;
}

/**
 * Puts everything into an empty database, in one transaction, and raises the epoch. The schema is made as it
 * was when the backup was taken, filled, and then brought up to date.
 *
 * @throws AppError INVALID when the backup was made by a newer version.
 */
export async function loadBackup(backup: OpenBackup, { databaseUrl, now }: LoadTarget): Promise<LoadSummary> {
  const { migrations } = backup.header;
  requireKnown(backup.header);
  await migrate(databaseUrl, migrations);
  const loader = await TableLoader.begin(databaseUrl);
  try {
    const rows = await fillAll(backup, loader);
    const settled = await settle(loader, backup.header, now);
    await loader.commit();
    await migrate(databaseUrl);
    return { ...settled, rows };
  } finally {
    await loader.close();
  }
}

async function fillAll(backup: OpenBackup, loader: TableLoader): Promise<ReadonlyMap<string, number>> {
  const known = new Set<string>(backedUpTables);
  const rows = new Map<string, number>();
  for await (const { table, columns, rows: data } of backup.tables()) {
    if (!known.has(table)) throw damaged(`it holds a table ${JSON.stringify(table)} that there is not`);
    rows.set(table, await loader.fill(table, columns, data));
  }
  return rows;
}

/** @throws AppError INVALID when the backup was made by a newer version. */
export function requireKnown({ migrations: names }: Pick<BackupHeader, 'migrations'>): void {
  if (names.length > 0 && names.every((name, index) => name === everyMigration[index])) return;
  throw new AppError(
    ErrorReason.INVALID,
    'This backup was made by a newer version of the control plane, whose tables this one does not know: install that version first.',
  );
}
