import { Client, type QueryResultRow } from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** One moment of the whole database, for reading tables whole while others go on writing. */
export interface TableSnapshot {
  /** Names of the migrations that made the schema, in their order. */
  readonly migrations: readonly string[];
  /** Columns that hold something of their own: generated ones are left out. */
  columns(table: string): Promise<string[]>;
  /** The rows of a table in PostgreSQL's COPY text format, in pieces of any length. */
  rows(table: string, columns: readonly string[]): AsyncIterable<Buffer>;
  /** The first row of a question about this moment. */
  one<Row extends QueryResultRow>(sql: string): Promise<Row | undefined>;
  close(): Promise<void>;
}

/**
 * Opens a snapshot on a connection of its own. It reads as the system role, so that an owner without
 * superuser rights sees every row too; which migrations there are, only the owner may read.
 */
export async function openSnapshot(url: string): Promise<TableSnapshot> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`begin isolation level repeatable read read only; ${portableText}`);
    const { rows } = await client.query<{ name: string }>('select name from schema_migration order by id');
    await client.query('set local role ostler_system');
    return new Snapshot(
      client,
      rows.map(({ name }) => name),
    );
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** The same text on every server, whatever its settings. */
const portableText = `set local datestyle = 'ISO, YMD'; set local timezone = 'UTC'; set local intervalstyle = 'postgres';
  set local bytea_output = 'hex'; set local extra_float_digits = 3; set local statement_timeout = 0`;

class Snapshot implements TableSnapshot {
  constructor(
    private readonly client: Client,
    readonly migrations: readonly string[],
  ) {}

  async columns(table: string): Promise<string[]> {
    const { rows } = await this.client.query<{ name: string }>(
      `select attname as name from pg_attribute
       where attrelid = to_regclass($1) and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
      [quoted(table)],
    );
    return rows.map(({ name }) => name);
  }

  rows(table: string, columns: readonly string[]): AsyncIterable<Buffer> {
    const list = columns.map(quoted).join(', ');
    return this.client.query(copyTo(`copy (select ${list} from ${quoted(table)}) to stdout`));
  }

  async one<Row extends QueryResultRow>(sql: string): Promise<Row | undefined> {
    return (await this.client.query<Row>(sql)).rows[0];
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
