import { Client } from 'pg';

import { quoted } from './table-snapshot';

/** What of ours there is in a database that others made. */
export interface DatabaseContents {
  readonly hasTables: boolean;
  /** Control planes that are connected to it. */
  readonly users: number;
}

export function inspectDatabase(url: string): Promise<DatabaseContents> {
  return withOwner(url, async (client) => {
    const { rows } = await client.query<DatabaseContents>(`
      select exists (select from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r') as "hasTables",
        (select count(*)::int from pg_stat_activity
         where datname = current_database() and application_name like 'ostler%' and pid <> pg_backend_pid()) as users`);
    return rows[0]!;
  });
}

/** Keeps everything of a database under another name, in a schema beside an empty one. */
export function setSchemaAside(url: string, name: string): Promise<void> {
  return withOwner(url, async (client) => {
    await client.query(`alter schema public rename to ${quoted(name)}; create schema public`);
  });
}

async function withOwner<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
