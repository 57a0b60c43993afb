import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import type { PoolClient } from 'pg';

import type { Database } from './database';
import { everyMigration } from './migrate';

/**
 * Whether the schema is still the one that this program was started on: a newer control plane may have changed it
 * since, or a backup may have been put in its place.
 *
 * @throws AppError UNAVAILABLE in words for who operates it.
 */
export async function checkSchema({ dataSource }: Pick<Database, 'dataSource'>): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    const there = await namesOf((await runner.connect()) as PoolClient);
    const lacking = everyMigration.filter((name) => !there.has(name));
    if (lacking.length > 0) throw olderSchema(lacking);
    const unknown = [...there].filter((name) => !everyMigration.includes(name));
    if (unknown.length > 0) throw newerSchema(unknown);
  } finally {
    await runner.release();
  }
}

/** As the owner: the roles of units of work may not read what ran. */
async function namesOf(client: PoolClient): Promise<Set<string>> {
  const answers = client.query('begin read only; set local role none');
  answers.catch(() => undefined);
  try {
    const { rows } = await client.query<{ name: string }>('select name from schema_migration');
    return new Set(rows.map(({ name }) => name));
  } finally {
    await client.query('rollback');
  }
}

function olderSchema(lacking: readonly string[]): AppError {
  const message = `the database lacks ${lacking.join(', ')}: it was put back to an older state; start the control plane again`;
  return new AppError(ErrorReason.UNAVAILABLE, message);
}

function newerSchema(unknown: readonly string[]): AppError {
  const message = `a newer control plane has changed the database (${unknown.join(', ')}); update this one`;
  return new AppError(ErrorReason.UNAVAILABLE, message);
}
