import { randomBytes } from 'node:crypto';

import { create } from '@bufbuild/protobuf';
import {
  Operation_RetryClass,
  Operation_State,
  OperationReportSchema,
  OperationSpecSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { execute, queryOne } from '../platform/db';
import { startTestApp } from '../start-test-app.fixture';
import { OperationsModule } from './index';
import { OperationRepository } from './operation.repository';

// What the agent says of an operation, on a real database.

let app: Awaited<ReturnType<typeof startTestApp>>;
let operations: OperationRepository;
let tenantUid: string;
const serverUid: string = newUid<'Server'>();

const system = <T>(work: () => Promise<T>): Promise<T> => app.db.unitOfWork.asSystem('operations', work);

beforeAll(async () => {
  app = await startTestApp([OperationsModule]);
  operations = app.app.get(OperationRepository, { strict: false });
  const tenant = await system(() => queryOne<{ uid: string }>('select uid from tenant limit 1'));
  tenantUid = tenant!.uid;
  await app.db.unitOfWork.asSystem('resource-loop', () =>
    execute('insert into server (uid, tenant_uid, name, key_sha256) values ($1, $2, $3, $4)', [
      serverUid,
      tenantUid,
      'web-1',
      randomBytes(32),
    ]),
  );
});

afterAll(() => app?.close());

async function startNoop(server = 'web-1') {
  const row = await operations.insert({
    uid: newUid(),
    tenantUid,
    server,
    spec: create(OperationSpecSchema, { operation: { case: 'noop', value: {} } }),
    retryClass: Operation_RetryClass.SAFE,
    actor: 'owner@localhost',
    requestId: '',
    traceparent: '',
    deadlineSeconds: 60,
  });
  return row!;
}

it('nothing is stored for a server that there is not', async () => {
  expect(await system(() => startNoop('web-2'))).toBeUndefined();
});

it.each([
  [Operation_State.SUCCEEDED, 100],
  [Operation_State.FAILED, 40],
])('an operation ends in state %s with %s percent, and ends once', async (state, progress) => {
  const end = { state, reason: '', message: '' };
  const row = await system(async () => {
    const { uid } = await startNoop();
    const report = create(OperationReportSchema, { uid, progressPercent: 40, outputBytes: 7n });
    await operations.progress(serverUid, report);
    const [ended] = await operations.end(serverUid, report, end);
    expect(await operations.end(serverUid, report, { ...end, message: 'again' })).toEqual([]);
    expect(await operations.byUid(uid)).toEqual(ended);
    return ended;
  });
  expect(row).toMatchObject({ state, progress_percent: progress, output_bytes: 7n, message: '' });
  expect(row?.ended_at).not.toBeNull();
});

it('a server ends only its own operations', async () => {
  const { uid } = await system(() => startNoop());
  const report = create(OperationReportSchema, { uid });
  const end = { state: Operation_State.SUCCEEDED, reason: '', message: '' };
  expect(await system(() => operations.end(newUid(), report, end))).toEqual([]);
  expect((await system(() => operations.byUid(uid)))?.ended_at).toBeNull();
});
