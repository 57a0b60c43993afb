import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { openTestDatabase, type OpenTestDatabase } from '../platform/db/open-test-database.fixture';
import { backedUpTables, leftOutTables } from './backed-up-tables';

let db: OpenTestDatabase;
let client: Client;

beforeAll(async () => {
  db = await openTestDatabase();
  client = new Client({ connectionString: db.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await db.close();
});

it('has a decision for each table of the schema', async () => {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`,
  );
  const decided = [...backedUpTables, ...Object.keys(leftOutTables)];
  expect(decided.sort()).toEqual(rows.map(({ name }) => name).sort());
});

it('puts back what is referenced before what references it', async () => {
  const { rows } = await client.query<{ referring: string; referenced: string }>(
    `select conrelid::regclass::text as referring, confrelid::regclass::text as referenced
     from pg_constraint where contype = 'f' and conrelid <> confrelid`,
  );
  const order = (table: string) => (backedUpTables as readonly string[]).indexOf(table);
  const wrong = rows.filter(
    ({ referring, referenced }) => order(referring) >= 0 && order(referring) < order(referenced),
  );
  expect(wrong).toEqual([]);
});

it('keeps nothing in sequences, which no table list would carry', async () => {
  const { rows } = await client.query<{ name: string }>(
    `select s.relname as name from pg_class s join pg_namespace n on n.oid = s.relnamespace
     where s.relkind = 'S' and n.nspname = 'public' and s.relname <> 'schema_migration_id_seq'`,
  );
  expect(rows).toEqual([]);
});
