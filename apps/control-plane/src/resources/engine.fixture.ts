import { randomBytes, randomUUID } from 'node:crypto';

import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import {
  CertificateSpecSchema, Kind, ReleaseService, type Resource, ResourceSchema, ResourceService, SiteSpecSchema,
} from '@ostler/contracts'; // prettier-ignore
import { newUid } from '@ostler/kernel';

import { ManifestModule, Manifests, PlannerService } from '../manifest';
import { hashToken, newToken } from '../platform/crypto';
import { execute, queryOne } from '../platform/db';
import { ReleasesModule } from '../releases';
import { startTestApp } from '../start-test-app.fixture';
import { ResourceChanges, ResourcesModule, ServerChanges } from './index';

/** The engine behind the whole pipeline, on a real database, with servers that are rows. */
export async function startEngine() {
  const app = await startTestApp([ResourcesModule, ManifestModule, ReleasesModule]);
  const { email, password } = app.firstLogin;
  const token = await app.signIn(email, password, 'a long enough password 1');
  const transport = app.transport(token, '2');
  const system = <T>(work: () => Promise<T>): Promise<T> => app.db.unitOfWork.asSystem('resource-loop', work);
  const tenant = await system(() => queryOne<{ uid: string }>('select uid from tenant limit 1'));
  const tenantUid = tenant!.uid;

  return {
    ...app,
    addServer: (name: string, options: AddServer = {}) =>
      system(() => insertServer(name, { tenantUid, ...options })),
    /** A tenant of its own, nested in another one or not, with a client that acts for it. */
    addTenant: async (name: string, parentUid?: string) => {
      const { uid, apiToken } = await system(() => insertTenant(name, parentUid));
      return { uid, resources: createClient(ResourceService, app.transport(apiToken, '2')) };
    },
    tenantUid,
    token,
    system,
    resources: createClient(ResourceService, transport),
    releases: createClient(ReleaseService, transport),
    manifests: app.app.get(Manifests),
    planner: app.app.get(PlannerService),
    changes: app.app.get(ResourceChanges),
    servers: app.app.get(ServerChanges),
  };
}

/** A server that is joined and connected. */
async function insertServer(name: string, options: AddServer): Promise<string> {
  const uid = newUid<'Server'>();
  await execute(
    `insert into server (uid, tenant_uid, name, labels, key_sha256, state, feature_level) values ($1, $2, $3, $4, $5, $6, 1)`,
    [uid, options.tenantUid, name, options.labels ?? {}, randomBytes(32), options.state ?? 1],
  );
  return uid;
}

async function insertTenant(
  name: string,
  parentUid: string | undefined,
): Promise<{ uid: string; apiToken: string }> {
  const uid = newUid<'Tenant'>();
  const apiToken = newToken('api');
  await execute('insert into tenant (uid, name, parent_uid) values ($1, $2, $3)', [
    uid,
    name,
    parentUid ?? null,
  ]);
  const person = await queryOne<{ uid: string }>('select person_uid as uid from membership limit 1');
  await execute('insert into membership (tenant_uid, person_uid, role) values ($1, $2, 1)', [
    uid,
    person!.uid,
  ]);
  await execute(
    `insert into api_token (uid, tenant_uid, person_uid, name, token_hash, role, expires_at)
     values ($1, $2, $3, $4, $5, 1, now() + interval '1 hour')`,
    [newUid(), uid, person!.uid, name, hashToken(apiToken)],
  );
  return { uid, apiToken };
}

interface AddServer {
  readonly labels?: Record<string, string>;
  readonly state?: number;
  readonly tenantUid?: string;
}

export type Engine = Awaited<ReturnType<typeof startEngine>>;

export const requestId = (): string => randomUUID();

/** A site that answers `hello` on one server. */
export function helloSite(name: string, spec: SiteInit = {}): Resource {
  const value = create(SiteSpecSchema, {
    placement: { server: 'web-1' },
    domains: [`${name}.example`],
    handler: { answer: { case: 'fixedResponse', value: { status: 200, body: 'hello' } } },
    ...(spec as object),
  });
  return create(ResourceSchema, { meta: { kind: Kind.SITE, name }, spec: { case: 'site', value } });
}

export type SiteInit = MessageInitShape<typeof SiteSpecSchema>;

export function selfSigned(name: string, domain: string): Resource {
  return create(ResourceSchema, {
    meta: { kind: Kind.CERTIFICATE, name },
    spec: {
      case: 'certificate',
      value: create(CertificateSpecSchema, { domains: [domain], source: { case: 'selfSigned', value: {} } }),
    },
  });
}

/** Resolves with the first value that the condition accepts. */
export async function eventually<T>(
  read: () => Promise<T>,
  accept: (value: T) => boolean,
  timeoutMs = 5_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    if (Date.now() > end)
      throw new Error(
        `never happened; last: ${JSON.stringify(value, (_k, v: unknown) => (typeof v === 'bigint' ? String(v) : v))}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
