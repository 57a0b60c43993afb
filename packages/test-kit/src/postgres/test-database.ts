import { randomBytes } from 'node:crypto';

import type { PostgresConnection } from '@ostler/embedded-postgres';
import { Client } from 'pg';
import { inject } from 'vitest';

// Declares what the run provides, for programs that import this file without the set-up.
import type {} from './global-setup';

export interface TestDatabase extends AsyncDisposable {
  readonly connection: PostgresConnection;
  /** The same as a DATABASE_URL. */
  readonly url: string;
  /** Ends what is still connected and removes the database. */
  drop(): Promise<void>;
}

/** A database that is prepared once per run and copied for each test file, which takes some 30 ms. */
export interface TestDatabaseTemplate {
  /** Part of the database's name: lower case letters, digits, underscores. */
  readonly name: string;
  /** Runs the migrations, say. Every connection that it opens must be closed when it returns. */
  prepare(connection: PostgresConnection): Promise<void>;
}

/**
 * A fresh database on the run's one PostgreSQL server, empty or a copy of a template. Call it once per test
 * file (in `beforeAll`) and drop it at the end. Works in the project ring2 only. Roles belong to the
 * whole server: what makes one has to live with finding it there.
 */
export async function startTestPostgres(template?: TestDatabaseTemplate): Promise<TestDatabase> {
  const server = inject('testPostgres');
  const database = `test_${randomBytes(8).toString('hex')}`;
  await asAdministrator(server, async (client) => {
    const source = template ? await ensureTemplate(client, server, template) : 'template0';
    await client.query(`CREATE DATABASE ${database} TEMPLATE ${source}`);
  });
  const connection = { ...server, database };
  const drop = () =>
    asAdministrator(server, async (client) => {
      await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    });
  return { connection, url: databaseUrl(connection), drop, [Symbol.asyncDispose]: drop };
}

function databaseUrl({ user, password, host, port, database }: PostgresConnection): string {
  return `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}

/** Several test files want the same template at the same moment; the first makes it, the others wait. */
async function ensureTemplate(
  client: Client,
  server: PostgresConnection,
  template: TestDatabaseTemplate,
): Promise<string> {
  const name = `template_${template.name}`;
  await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
  const made = await client.query('SELECT FROM pg_database WHERE datname = $1 AND datistemplate', [name]);
  if (made.rowCount === 0) {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
    await template.prepare({ ...server, database: name });
    await client.query(`ALTER DATABASE ${name} IS_TEMPLATE true ALLOW_CONNECTIONS false`);
  }
  await client.query('SELECT pg_advisory_unlock(hashtext($1))', [name]);
  return name;
}

async function asAdministrator(
  server: PostgresConnection,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client({ ...server, database: 'postgres' });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
