import { pipeline } from 'node:stream/promises';

import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

import { quoted } from './table-snapshot';

/**
 * Fills the empty tables of a schema in one transaction: all of it or nothing. Works on the owner's
 * connection; row-level security is forced again before the end, and nobody else sees it lifted.
 */
export class TableLoader {
  private readonly lifted: string[] = [];

  private constructor(private readonly client: Client) {}

  static async begin(url: string): Promise<TableLoader> {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(`begin; set local statement_timeout = 0; set local datestyle = 'ISO, YMD'`);
    return new TableLoader(client);
  }

  /** Rows in COPY text format; returns how many there were. */
  async fill(table: string, columns: readonly string[], rows: AsyncIterable<Uint8Array>): Promise<number> {
    // COPY refuses tables whose row security applies to who copies; with it not forced, to the owner it does not.
    await this.client.query(`alter table ${quoted(table)} no force row level security`);
    this.lifted.push(table);
    const list = columns.map(quoted).join(', ');
    const copy = this.client.query(copyFrom(`copy ${quoted(table)} (${list}) from stdin`));
    await pipeline(rows, copy);
    return copy.rowCount;
  }

  /** A statement about tables that were filled. */
  async run(sql: string, parameters: readonly unknown[] = []): Promise<number> {
    return (await this.client.query(sql, [...parameters])).rowCount ?? 0;
  }

  async commit(): Promise<void> {
    for (const table of this.lifted) {
      await this.client.query(`alter table ${quoted(table)} force row level security`);
    }
    await this.client.query('commit');
  }

  /** Without a commit before it, everything is as it was. */
  async close(): Promise<void> {
    await this.client.end();
  }
}
