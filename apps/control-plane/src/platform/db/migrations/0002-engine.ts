import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The same rule as in the base, but asked once per statement and not once per row: a list of 10,000
 * resources would parse the setting 10,000 times.
 */
const isOwn = 'tenant_uid = any ((select ostler_tenants())::uuid[])';
const hotTables = [
  'server',
  'resource',
  'resource_removal',
  'revision',
  'reference',
  'placement',
  'placement_status',
  'secret',
];

/** What the resource engine and the releases need beyond the base. */
export class Engine0002 implements MigrationInterface {
  readonly name = 'Engine1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
-- Which release a resource's present spec and its placements use: who may fetch it, what may be removed.
create table resource_release (
  resource_uid uuid not null references resource on delete cascade,
  tenant_uid uuid not null references tenant,
  digest text not null,
  primary key (resource_uid, digest)
);
create index on resource_release (tenant_uid, digest);
alter table resource_release enable row level security;
alter table resource_release force row level security;
create policy system_all on resource_release to ostler_system using (true) with check (true);
create policy app_tenant on resource_release to ostler_app using (${isOwn}) with check (${isOwn});
grant select, insert, update, delete on resource_release to ostler_app, ostler_system;

-- Lists are ordered by kind and name; the uid tells a name that is being removed from its successor.
create index on resource (tenant_uid, kind, name, uid);

-- What the manifest of a server carries, by hash: who may fetch a body, which bodies nobody needs.
create table manifest_use (
  server_uid uuid not null references server,
  body_sha256 bytea not null,
  primary key (server_uid, body_sha256)
);
create index on manifest_use (body_sha256);
alter table manifest_use enable row level security;
alter table manifest_use force row level security;
create policy system_all on manifest_use to ostler_system using (true) with check (true);
grant select, insert, update, delete on manifest_use to ostler_system;

-- Which secrets a body names, so that a server gets those of its manifest and no others.
create table manifest_secret (
  server_uid uuid not null references server,
  secret_uid uuid not null,
  version integer not null,
  primary key (server_uid, secret_uid, version)
);
alter table manifest_secret enable row level security;
alter table manifest_secret force row level security;
create policy system_all on manifest_secret to ostler_system using (true) with check (true);
grant select, insert, update, delete on manifest_secret to ostler_system;
`);
    for (const table of hotTables) {
      await runner.query(`alter policy app_tenant on ${table} using (${isOwn}) with check (${isOwn})`);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('The schema is not taken back: restore a backup instead.'));
  }
}
