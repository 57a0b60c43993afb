import { randomUUID } from 'node:crypto';

import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import {
  AuditService,
  IdentityService,
  LimitService,
  ListAuditEntriesRequestSchema,
} from '@ostler/contracts';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { LimitsModule } from '../limits';
import { UnitOfWork } from '../platform/db';
import type { AuditRecord } from '../platform/rpc';
import { startTestApp, type TestApp } from '../start-test-app.fixture';
import { AuditTrail } from './audit.service';

let app: TestApp;
let token: string;
const site = randomUUID();

beforeAll(async () => {
  app = await startTestApp([LimitsModule]);
  const { email, password } = app.firstLogin;
  token = await app.signIn(email, password, 'correct horse battery');
  const { tenantUid } = await createClient(IdentityService, app.transport(token)).whoAmI({});
  const applied = (resourceUid: string): AuditRecord => ({
    tenantUid,
    actor: 'ostler',
    actorUid: undefined,
    method: 'ostler.api.v1.ResourceService/Apply',
    outcome: 'done',
    reason: 0,
    subject: 'Site shop',
    resourceUid,
    requestId: '',
    address: '',
  });
  const records = [applied(site), applied(randomUUID())];
  await app.app.get(UnitOfWork).asTenant([tenantUid], () => app.app.get(AuditTrail).append(records));
});
afterAll(() => app.close());

const subjects = async (
  filter: MessageInitShape<typeof ListAuditEntriesRequestSchema>,
): Promise<string[]> => {
  const { entries } = await createClient(AuditService, app.transport(token)).list(filter);
  return entries.map(({ subject, method }) => subject || method);
};

it('tells of exactly one resource, whoever had its name before', async () => {
  expect(await subjects({ resourceUid: site })).toEqual(['Site shop']);
});

it('tells of one method, by a part of it', async () => {
  const { length } = await subjects({});
  const changes = await subjects({ method: 'resourceservice/' });
  expect(changes).toHaveLength(2);
  expect(length).toBeGreaterThan(2);
});

it('tells of a stretch of time: its begin is in, its end is out', async () => {
  const list = createClient(AuditService, app.transport(token));
  const [newest] = (await list.list({})).entries;
  const before = timestampFromDate(new Date(0));
  expect(await subjects({ since: before, until: newest!.createdAt })).not.toHaveLength(0);
  expect(await subjects({ until: before })).toEqual([]);
  expect(await subjects({ since: timestampFromDate(new Date(Date.now() + 60_000)) })).toEqual([]);
});

it('goes on to the next page with the same filters only', async () => {
  const list = createClient(AuditService, app.transport(token));
  const first = await list.list({ method: 'Apply', pageSize: 1 });
  const second = await list.list({ method: 'Apply', pageSize: 1, pageToken: first.nextPageToken });
  expect(second.entries[0]!.uid).not.toBe(first.entries[0]!.uid);
  await expect(list.list({ method: 'Delete', pageSize: 1, pageToken: first.nextPageToken })).rejects.toThrow(
    /next_page_token/,
  );
});

it('limits are told to whoever is signed in', async () => {
  const { limits } = await createClient(LimitService, app.transport(token)).list({});
  expect(limits.find(({ name }) => name === 'resources_per_apply')).toMatchObject({
    group: 'Resources',
    value: 500n,
  });
});
