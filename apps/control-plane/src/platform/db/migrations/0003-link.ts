import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What joining, the lanes and operations need beyond the first schema. */
export class Link0003 implements MigrationInterface {
  readonly name = 'Link1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(changes);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are not taken back: restore a backup instead.'));
  }
}

const changes = `
-- A third authority signs the development certificates of tenants; no agent trusts it.
alter table authority drop constraint authority_role_check;
alter table authority add constraint authority_role_check check (role in ('root', 'intermediate', 'development'));
create unique index authority_current on authority (role) where retired_at is null;

-- Which agent speaks for a server is asked on every connection and every call of it.
create index on server (key_sha256) where removed_at is null;

-- Position in the tenant's order of changes, for watches.
alter table operation add column resource_version bigint not null default 0;
create index on operation (tenant_uid, resource_version);
create index on server (tenant_uid, resource_version);
`;
