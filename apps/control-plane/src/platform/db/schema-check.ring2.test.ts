import { afterAll, beforeAll, expect, test } from 'vitest';

import { everyMigration } from './migrate';
import { openTestDatabase, type OpenTestDatabase } from './open-test-database.fixture';
import { checkSchema } from './schema-check';

let db: OpenTestDatabase;

beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

/** As the owner, whom the pool's connections leave by their start. */
const asOwner = (sql: string) => db.database.dataSource.query(`set role none; ${sql}; set role ostler_app`);

test('the schema that it was started on is well, and the role of the pool is what it was', async () => {
  await checkSchema(db.database);
  const rows = await db.unitOfWork.asTenant([], () =>
    db.database.dataSource.query<{ role: string }[]>('select current_role as role'),
  );
  expect(rows).toEqual([{ role: 'ostler_app' }]);
});

test('a newer control plane that has changed it, and an older state, are told by name', async () => {
  await asOwner(`insert into schema_migration (timestamp, name) values (1, 'FromTheFuture')`);
  await expect(checkSchema(db.database)).rejects.toThrow(
    /newer control plane .*FromTheFuture.*update this one/,
  );
  const newest = everyMigration.at(-1)!;
  await asOwner(`delete from schema_migration where name in ('FromTheFuture', '${newest}')`);
  await expect(checkSchema(db.database)).rejects.toThrow(
    new RegExp(`lacks ${newest}.*start the control plane`),
  );
});
