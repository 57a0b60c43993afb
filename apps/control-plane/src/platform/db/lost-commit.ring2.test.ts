import { ErrorReason } from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { TcpProxy } from '@ostler/test-kit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { asAppError } from '../rpc/map-error';
import { Database } from './database';
import { type OpenTestDatabase, openTestDatabase } from './open-test-database.fixture';
import { execute, queryOne } from './unit';
import { UnitOfWork } from './unit-of-work';

let db: OpenTestDatabase;
let proxy: TcpProxy;
let database: Database;

beforeAll(async () => {
  db = await openTestDatabase();
  proxy = await TcpProxy.to(db.connection.port);
  const url = new URL(db.url);
  url.host = `127.0.0.1:${proxy.port}`;
  database = await Database.open({ url: url.href, log: { warn: () => undefined }, poolSize: 2 });
});
afterAll(async () => {
  await database.close();
  await proxy[Symbol.asyncDispose]();
  await db.close();
});

test('a commit whose answer is lost is not called a change that was not made', async () => {
  const uid = newUid();
  const failed = new UnitOfWork(database)
    .asSystem('first-run', async () => {
      await execute('insert into tenant (uid, name) values ($1, $2)', [uid, 'kept']);
      proxy.stop('down');
    })
    .catch((error: unknown) => asAppError(error));
  const find = () => queryOne('select from tenant where uid = $1', [uid]);
  await vi.waitFor(async () => expect(await db.unitOfWork.asSystem('first-run', find)).toBeDefined());
  proxy.cut();
  proxy.heal();
  const error = await failed;
  expect(error).toMatchObject({ reason: ErrorReason.UNAVAILABLE });
  expect((error as Error).message).not.toContain('Nothing was changed');
});
