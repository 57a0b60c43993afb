import { randomBytes } from 'node:crypto';

import { createClient } from '@connectrpc/connect';
import { OperationService } from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { execute } from '../platform/db';
import { startTestApp, type TestApp } from '../start-test-app.fixture';
import { OperationsModule } from './index';
import { OutputCleanUp } from './output-clean-up.loop';

let app: TestApp;
let token: string;
const serverUid = newUid();

beforeAll(async () => {
  app = await startTestApp([OperationsModule]);
  token = await app.signIn(app.firstLogin.email, app.firstLogin.password, 'correct horse battery');
  await system(() =>
    execute(
      `insert into server (uid, tenant_uid, name, key_sha256) select $1, uid, 'web-1', $2 from tenant`,
      [serverUid, randomBytes(32)],
    ),
  );
});
afterAll(() => app?.close());

const system = <T>(work: () => Promise<T>) => app.db.unitOfWork.asSystem('resource-loop', work);

/** An operation that said `hello world` in two pieces and ended some days ago. */
async function ended(daysAgo: number | null): Promise<string> {
  const uid = newUid();
  await system(async () => {
    await execute(
      `insert into operation (uid, tenant_uid, server_uid, spec, state, retry_class, actor, deadline, output_bytes, ended_at)
       select $1, uid, $2, '', 3, 1, 'owner', now(), 11, now() - make_interval(days => $3) from tenant`,
      [uid, serverUid, daysAgo],
    );
    for (const [offset, text] of [
      [0, 'hello '],
      [6, 'world'],
    ] as const) {
      await execute(
        `insert into operation_output (operation_uid, "offset", tenant_uid, data) select $1, $2, uid, $3 from tenant`,
        [uid, offset, Buffer.from(text)],
      );
    }
  });
  return uid;
}

async function read(uid: string): Promise<{ text: string; end: bigint }> {
  let [text, end] = ['', 0n];
  for await (const { offset, data } of createClient(OperationService, app.transport(token)).readOutput({
    uid,
  })) {
    text += Buffer.from(data).toString();
    end = offset + BigInt(data.length);
  }
  return { text, end };
}

it('output goes 90 days after the end and leaves a gap of its length; the operation stays', async () => {
  const [old, young, running] = [await ended(91), await ended(89), await ended(null)];
  const cleanUp = app.app.get(OutputCleanUp, { strict: false });
  while (await cleanUp.removeOld()) continue;
  expect(await read(old)).toEqual({ text: '', end: 11n });
  expect(await read(young)).toEqual({ text: 'hello world', end: 11n });
  expect(await read(running)).toEqual({ text: 'hello world', end: 11n });
  const { operation } = await createClient(OperationService, app.transport(token)).get({ uid: old });
  expect(operation).toMatchObject({ uid: old, outputBytes: 11n });
  // There is nothing left to remove, so the next hour does not write.
  expect(await cleanUp.removeOld()).toBe(false);
});
