import { startTestPostgres } from '@ostler/test-kit/postgres';

import { Database } from './database';
import { migrate } from './migrate';
import { UnitOfWork } from './unit-of-work';
import { Wake } from './wake';

/** A database with the whole schema, for one ring 2 test file: `await using db = await openTestDatabase()`. */
export async function openTestDatabase() {
  const postgres = await startTestPostgres({
    name: 'control_plane',
    prepare: ({ user, password, host, port, database }) =>
      migrate(`postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`),
  });
  const { connection, url } = postgres;
  const database = await Database.open({ url, log: { warn: () => undefined }, poolSize: 8 });
  const wake = new Wake(database);
  await wake.onModuleInit();
  const close = async (): Promise<void> => {
    await wake.onModuleDestroy();
    await database.close();
    await postgres.drop();
  };
  return {
    database,
    unitOfWork: new UnitOfWork(database),
    wake,
    url,
    connection,
    close,
    [Symbol.asyncDispose]: close,
  };
}

export type OpenTestDatabase = Awaited<ReturnType<typeof openTestDatabase>>;
