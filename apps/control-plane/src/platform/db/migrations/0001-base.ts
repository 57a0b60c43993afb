import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tables } from './0001-base-tables';

/**
 * The first schema. Two roles do all the work: `ostler_app` sees the rows of the tenants named in the
 * setting `ostler.tenants`, `ostler_system` is for the listed loops and doors (DESIGN: tenancy in the
 * database). Neither owns a table and neither bypasses row-level security.
 */
export class Base0001 implements MigrationInterface {
  readonly name = 'Base1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(roles);
    await runner.query(tables);
    for (const table of tenantTables) await runner.query(tenantPolicy(table));
    for (const table of globalTables) await runner.query(globalPolicy(table));
    for (const table of systemTables) await runner.query(systemPolicy(table));
    await runner.query(special);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('The base schema is not taken back: restore a backup instead.'));
  }
}

/** Roles are shared by every database of a server, so they may be there already. */
const roles = `
do $$
begin
  perform pg_advisory_xact_lock(hashtext('ostler roles'));
  if not exists (select from pg_roles where rolname = 'ostler_app') then
    create role ostler_app nologin nosuperuser nobypassrls noinherit;
  end if;
  if not exists (select from pg_roles where rolname = 'ostler_system') then
    create role ostler_system nologin nosuperuser nobypassrls noinherit;
  end if;
  if not pg_has_role(current_user, 'ostler_app', 'member') then execute format('grant ostler_app to %I', current_user); end if;
  if not pg_has_role(current_user, 'ostler_system', 'member') then execute format('grant ostler_system to %I', current_user); end if;
end $$;
grant usage on schema public to ostler_app, ostler_system;

-- The tenants that this transaction acts for; none when nothing was set, so an unscoped read is empty.
create function ostler_tenants() returns uuid[] language sql stable parallel safe as
  $$ select coalesce(nullif(current_setting('ostler.tenants', true), '')::uuid[], '{}'::uuid[]) $$;
`;

const tenantTables = [
  'tenant_counter',
  'membership',
  'api_token',
  'request_ledger',
  'server',
  'join_token',
  'join_use',
  'resource',
  'resource_removal',
  'revision',
  'reference',
  'placement',
  'placement_status',
  'secret',
  'release',
  'release_content',
  'release_piece',
  'operation',
  'operation_output',
];

/** Rows that belong to nobody's tenant; each needs a policy of its own below. */
const globalTables = [
  'tenant',
  'person',
  'sign_in_session',
  'sign_in_failure',
  'domain_claim',
  'audit_entry',
];

/** Reached by the system role alone. */
const systemTables = ['installation', 'authority', 'manifest', 'manifest_wanted', 'manifest_body'];

const protect = (table: string): string => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
`;

const systemAll = (table: string): string => `
create policy system_all on ${table} to ostler_system using (true) with check (true);
`;

const tenantPolicy = (table: string): string => `${protect(table)}${systemAll(table)}
create policy app_tenant on ${table} to ostler_app
  using (tenant_uid = any (ostler_tenants())) with check (tenant_uid = any (ostler_tenants()));
grant select, insert, update, delete on ${table} to ostler_app, ostler_system;
`;

const globalPolicy = (table: string): string => `${protect(table)}
grant select on ${table} to ostler_app;
`;

const systemPolicy = (table: string): string => `${protect(table)}${systemAll(table)}
grant select, insert, update, delete on ${table} to ostler_system;
`;

const special = `
create policy system_all on tenant to ostler_system using (true) with check (true);
create policy app_own on tenant for select to ostler_app using (uid = any (ostler_tenants()));
grant select, insert, update on tenant to ostler_system;

-- People are global; a tenant sees those who are members of it.
create policy system_all on person to ostler_system using (true) with check (true);
create policy app_members on person for select to ostler_app
  using (exists (select from membership m where m.person_uid = person.uid and m.tenant_uid = any (ostler_tenants())));
grant select, insert, update on person to ostler_system;

create policy system_all on sign_in_session to ostler_system using (true) with check (true);
grant select, insert, update, delete on sign_in_session to ostler_system;
create policy system_all on sign_in_failure to ostler_system using (true) with check (true);
grant select, insert, update, delete on sign_in_failure to ostler_system;

-- That a domain is taken is known to all; by whom only to its owner.
create policy system_all on domain_claim to ostler_system using (true) with check (true);
create policy app_own on domain_claim to ostler_app
  using (tenant_uid = any (ostler_tenants())) with check (tenant_uid = any (ostler_tenants()));
grant insert, delete on domain_claim to ostler_app;
grant select, insert, delete on domain_claim to ostler_system;

create policy system_read on audit_entry for select to ostler_system using (true);
create policy system_insert on audit_entry for insert to ostler_system with check (true);
create policy app_read on audit_entry for select to ostler_app using (tenant_uid = any (ostler_tenants()));
create policy app_insert on audit_entry for insert to ostler_app with check (tenant_uid = any (ostler_tenants()));
grant insert on audit_entry to ostler_app;
grant select, insert on audit_entry to ostler_system;

-- An app transaction wakes the compiler for a server without being able to read the manifests.
grant select, insert, update on manifest_wanted to ostler_app;
create policy app_own on manifest_wanted to ostler_app
  using (exists (select from server s where s.uid = manifest_wanted.server_uid))
  with check (exists (select from server s where s.uid = manifest_wanted.server_uid));
`;
