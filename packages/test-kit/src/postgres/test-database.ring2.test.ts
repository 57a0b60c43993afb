import { Client } from 'pg';
import { expect, it } from 'vitest';

import { startTestPostgres } from '.';

async function rows(connectionString: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

it('gives each caller an empty database of its own', async () => {
  await using first = await startTestPostgres();
  await using second = await startTestPostgres();
  await rows(first.url, 'CREATE TABLE mine ()');
  expect(await rows(second.url, `SELECT to_regclass('mine') AS mine`)).toEqual([{ mine: null }]);
});

it('prepares a template once and copies it for everybody who asks at the same time', async () => {
  let prepared = 0;
  const template = {
    name: 'counted',
    prepare: async (connection: object) => {
      prepared++;
      const client = new Client(connection);
      await client.connect();
      await client.query('CREATE TABLE counted AS SELECT 7 AS seven');
      await client.end();
    },
  };
  const databases = await Promise.all([1, 2, 3].map(() => startTestPostgres(template)));
  for (const { url, drop } of databases) {
    expect(await rows(url, 'SELECT * FROM counted')).toEqual([{ seven: 7 }]);
    await drop();
  }
  expect(prepared).toBe(1);
});

it('is gone after drop, whoever is still connected', async () => {
  const database = await startTestPostgres();
  const idle = new Client(database.connection);
  const ended = new Promise((settle) => idle.on('error', settle));
  await idle.connect();
  await database.drop();
  expect(await ended).toBeInstanceOf(Error);
  await expect(rows(database.url, 'SELECT 1')).rejects.toThrow(/does not exist/);
});
