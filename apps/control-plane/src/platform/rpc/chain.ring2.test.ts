import { randomUUID } from 'node:crypto';

import { create } from '@bufbuild/protobuf';
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect';
import { Injectable, Module } from '@nestjs/common';
import {
  ApplyResponseSchema,
  AuditService,
  ErrorInfoSchema,
  ErrorReason,
  IdentityService,
  Kind,
  ResourceSchema,
  ResourceService,
  Role,
} from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { Client as PgClient } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../../start-test-app.fixture';
import { execute, isInUnit, query, queryOne } from '../db';
import { audit, currentCall, Mutations, RpcRegistry } from '.';

const never = () => Promise.reject(new Error('not of this test'));

/** A room whose behaviour follows the name that it is asked for. */
@Injectable()
class Room {
  readonly done: string[] = [];
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly mutations: Mutations,
  ) {}

  onModuleInit(): void {
    this.rpc.service(
      ResourceService,
      {
        get: ({ name }) => this.get(name),
        apply: (request) => this.apply(request.resources[0]!.meta!.name, request.dryRun),
        async *watch() {
          for (;;) {
            yield { resourceVersion: isInUnit() ? 1n : BigInt(currentCall().tenantUids.length + 1) };
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        },
        list: never,
        delete: never,
        listRevisions: never,
        diff: never,
        revert: never,
      },
      { ownUnit: ['apply'] },
    );
  }

  private async get(name: string) {
    if (name === 'boom') throw new TypeError('cannot read /etc/inside of undefined');
    if (name === 'sql') await query('select inside from nowhere');
    if (name === 'write') await execute(`update tenant_counter set resource_version = resource_version + 1`);
    const row = await queryOne<{ resource_version: bigint }>('select resource_version from tenant_counter');
    return { resource: { meta: { kind: Kind.SITE, name, resourceVersion: row!.resource_version } } };
  }

  private apply(name: string, dryRun: boolean) {
    return this.mutations.unit(async () => {
      if (dryRun) audit.nothingChanged();
      await execute(`update tenant_counter set resource_version = resource_version + 1`);
      this.done.push(name);
      audit.note({ subject: `Site ${name}`, generation: 7n });
      audit.note({ subject: `Site ${name}-2` });
      if (name === 'refused') throw AppError.invalid('resources[0].site.domains[0]', 'BAD', 'is no domain');
      return create(ApplyResponseSchema);
    });
  }
}

@Module({ providers: [Room] })
class RoomModule {}

let app: TestApp;
let token: string;
let resources: Client<typeof ResourceService>;
let room: Room;

beforeAll(async () => {
  app = await startTestApp([RoomModule]);
  token = await app.signIn(app.firstLogin.email, app.firstLogin.password, 'correct horse battery');
  resources = createClient(ResourceService, app.transport(token));
  room = app.app.get(Room, { strict: false });
});
beforeEach(() => void app.lines.splice(0));
afterAll(() => app.close());

const infoOf = (error: unknown) => (error as ConnectError).findDetails(ErrorInfoSchema)[0];
const fails = (call: Promise<unknown>) =>
  call.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as ConnectError,
  );
const get = (name: string) => resources.get({ kind: Kind.SITE, name });
const version = async () => (await get('x')).resource!.meta!.resourceVersion;
const site = (name: string) => ({
  meta: { kind: Kind.SITE, name },
  spec: {
    case: 'site' as const,
    value: {
      placement: { server: 'a' },
      domains: ['a.example'],
      handler: { answer: { case: 'fixedResponse' as const, value: { status: 200 } } },
    },
  },
});
const apply = (name: string, requestId = randomUUID(), dryRun = false) =>
  resources.apply({ requestId, resources: [site(name)], dryRun });
const trail = async (subject: string) =>
  (await createClient(AuditService, app.transport(token)).list({ subject, pageSize: 50 })).entries;

describe('an error', () => {
  it.each(['boom', 'sql'])(
    'that nobody foresaw (%s) says a number and nothing of the inside',
    async (name) => {
      const error = await fails(get(name));
      expect([error.code, infoOf(error)?.reason]).toEqual([Code.Internal, ErrorReason.INTERNAL]);
      expect(error.message).not.toMatch(/inside|nowhere|select|etc/);
      const number = /[0-9a-f]{32}/.exec(error.message)![0];
      expect(app.lines.filter((line) => line.includes(number) && /inside|nowhere/.test(line))).toHaveLength(
        1,
      );
    },
  );

  it('of a field names it as it is written', async () => {
    const bad = {
      ...site('ok'),
      meta: { kind: Kind.SITE, name: 'ok', uid: randomUUID(), labels: { 'BAD KEY': 'x' } },
    };
    const error = await fails(resources.apply({ requestId: randomUUID(), resources: [site('ok'), bad] }));
    const fields = infoOf(error)!.violations.map(({ field, reason }) => `${field} ${reason}`);
    expect(fields).toContain('resources[1].meta.uid OUTPUT_ONLY');
    expect(fields.some((field) => field.startsWith('resources[1].meta.labels["BAD KEY"]'))).toBe(true);
    expect(room.done).not.toContain('ok');
  });

  it('is told for fields that are not known, in JSON and in binary', async () => {
    const body = { requestId: randomUUID(), resources: [], nope: 1 };
    const json = await fetch(`${app.url}/ostler.api.v1.ResourceService/Apply`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    expect([json.status, await json.text()]).toEqual([400, expect.stringContaining('nope')]);
    const unknown = create(ResourceSchema, site('newer'));
    unknown.$unknown = [{ no: 9999, wireType: 0, data: Uint8Array.of(1) }];
    const error = await fails(resources.apply({ requestId: randomUUID(), resources: [unknown] }));
    expect(infoOf(error)!.violations[0]).toMatchObject({ field: 'resources[0]', reason: 'UNKNOWN_FIELD' });
  });
});

/** As curl sees it. */
function post(method: string, body: object, bearer: string, header: Record<string, string> = {}) {
  return fetch(`${app.url}/ostler.api.v1.${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}`, ...header },
    body: JSON.stringify(body),
  });
}

describe('an answer', () => {
  it('tells what is left of the rate, reads and changes apart, done or refused', async () => {
    const read = await post('ResourceService/Get', { kind: 'KIND_SITE', name: 'x' }, token);
    expect(read.headers.get('ratelimit-policy')).toBe('"reads";q=1000;w=2');
    expect(read.headers.get('ratelimit')).toMatch(/^"reads";r=9\d\d;t=\d$/);
    const refused = await post('ResourceService/Apply', {}, token);
    expect([refused.status, refused.headers.get('ratelimit-policy')]).toEqual([400, '"changes";q=1000;w=5']);
    const nobody = await post('ResourceService/Get', {}, 'ost_api_made-up');
    expect(nobody.headers.get('ratelimit-policy')).toBe('"without-sign-in";q=60;w=6');
  });

  it('tells its trace: that of the caller, or one begun here', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
    const asked = { kind: 'KIND_SITE', name: 'boom' };
    const failed = await post('ResourceService/Get', asked, token, { traceparent });
    expect(failed.headers.get('x-request-id')).toBe(traceId);
    expect(app.lines.some((line) => line.includes(`"traceId":"${traceId}"`))).toBe(true);
    const other = await post('ResourceService/Get', { ...asked, name: 'x' }, token);
    expect(other.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('that refuses leads to its explanation, and names the right and who has it', async () => {
    const identity = createClient(IdentityService, app.transport(token));
    const made = await identity.createApiToken({
      requestId: randomUUID(),
      name: 'looker',
      role: Role.VIEWER,
    });
    const denied = await post('ResourceService/Apply', {}, made.token);
    const { code, details } = (await denied.json()) as { code: string; details: { debug: object }[] };
    expect([denied.status, code]).toEqual([403, 'permission_denied']);
    expect(details[0]?.debug).toEqual({
      reason: 'ERROR_REASON_DENIED',
      help: '/docs/troubleshooting/errors#denied',
      missingPermission: 'PERMISSION_RESOURCES_WRITE',
      rolesWithPermission: ['operator', 'admin', 'owner'],
    });
  });
});

describe('a mutation', () => {
  it('is done once per request id, also when both come at the same time', async () => {
    const before = await version();
    const requestId = randomUUID();
    await Promise.all([1, 2, 3, 4].map(() => apply('once', requestId)));
    expect((await version()) - before).toBe(1n);
    expect(room.done.filter((name) => name === 'once')).toHaveLength(1);
    const entries = await trail('Site once');
    expect(entries.map(({ subject, generation }) => `${subject} ${generation}`).sort()).toEqual([
      'Site once 7',
      'Site once-2 0',
    ]);
  });

  it('that is refused leaves its audit entry and nothing else', async () => {
    const before = await version();
    const error = await fails(apply('refused'));
    expect(infoOf(error)?.violations[0]?.field).toBe('resources[0].site.domains[0]');
    expect(await version()).toBe(before);
    const [entry] = await trail('Site refused');
    expect(entry).toMatchObject({
      reason: ErrorReason.INVALID,
      method: 'ostler.api.v1.ResourceService/Apply',
    });
    expect(entry?.requestId).not.toBe('');
  });

  it('that only tried leaves no entry', async () => {
    await apply('tried', randomUUID(), true);
    expect(await trail('Site tried')).toEqual([]);
  });
});

it('holds no transaction while it streams, and knows its caller', async () => {
  const versions: bigint[] = [];
  for await (const { resourceVersion } of resources.watch({})) {
    versions.push(resourceVersion);
    if (versions.length === 3) break;
  }
  expect(versions).toEqual([2n, 2n, 2n]);
});

it('answers UNAVAILABLE with when to try again while the database restarts under load, then heals', async () => {
  const admin = new PgClient({ ...app.db.connection, database: 'postgres' });
  await admin.connect();
  let isOver = false;
  const reasons = new Set<string>();
  const load = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      await apply('load').catch((error: unknown) => {
        const info = infoOf(error);
        reasons.add(`${ErrorReason[info?.reason ?? 0]} ${(info?.retryAfterSeconds ?? 0) > 0}`);
      });
    }
  });
  for (let time = 0; time < 5; time++) {
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      app.db.connection.database,
    ]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  isOver = true;
  await Promise.all(load);
  await admin.end();
  expect([...reasons].filter((reason) => reason !== 'UNAVAILABLE true')).toEqual([]);
  expect(reasons.size).toBe(1);
  const [before, requestId] = [await version(), randomUUID()];
  await apply('healed', requestId);
  expect((await version()) - before).toBe(1n);
});
