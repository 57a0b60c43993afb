import { Client } from 'pg';
import { DataSource } from 'typeorm';

import { migrations } from './migrations';

/** Names of all migrations, in their order, as the database keeps them. */
export const everyMigration: readonly string[] = migrations.map((migration) => new migration().name);

/**
 * Brings the schema up to date on the owner's connection, one process at a time: the others wait on the
 * advisory lock and find nothing left to do. `upTo` names the first migrations of all, where not all are to run.
 */
export async function migrate(url: string, upTo: readonly string[] = everyMigration): Promise<void> {
  const gate = new Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
  gate.on('error', () => undefined);
  await gate.connect();
  try {
    await gate.query(`select pg_advisory_lock(hashtext('ostler migrations'))`);
    await runPending(url, upTo);
    await gate.query(mayActAsRoles);
  } finally {
    await gate.end();
  }
}

/**
 * Who makes a role may grant it and, from PostgreSQL 16 on, not act as it. `set` is known from 16 on, the
 * oldest that we take.
 */
const mayActAsRoles = `
do $$
declare wanted text;
begin
  foreach wanted in array array['ostler_app', 'ostler_system'] loop
    if to_regrole(wanted) is not null and not pg_has_role(current_user, wanted, 'set') then
      execute format('grant %I to %I with set true', wanted, current_user);
    end if;
  end loop;
end $$`;

async function runPending(url: string, upTo: readonly string[]): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    url,
    migrations: migrations.filter((_, index) => index < upTo.length),
    migrationsTableName: 'schema_migration',
    installExtensions: false,
    poolSize: 1,
  });
  await source.initialize();
  try {
    await source.runMigrations({ transaction: 'each' });
  } finally {
    await source.destroy();
  }
}
