import { Client } from 'pg';
import { DataSource } from 'typeorm';

import { migrations } from './migrations';

/**
 * Brings the schema up to date on the owner's connection, one process at a time: the others wait on the
 * advisory lock and find nothing left to do.
 */
export async function migrate(url: string): Promise<void> {
  const gate = new Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
  gate.on('error', () => undefined);
  await gate.connect();
  try {
    await gate.query(`select pg_advisory_lock(hashtext('ostler migrations'))`);
    await runPending(url);
  } finally {
    await gate.end();
  }
}

async function runPending(url: string): Promise<void> {
  const source = new DataSource({
    type: 'postgres',
    url,
    migrations,
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
