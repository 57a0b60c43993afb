import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Asked once per statement and not once per row. */
const isOwn = 'tenant_uid = any ((select ostler_tenants())::uuid[])';

/** Of a tenant: its people's requests see their own rows, loops and doors see all. */
const tenantTables = [
  'waiting_server',
  'saved_selector',
  'orphaned_resource',
  'agent_rollout',
  'agent_rollout_server',
];

/** Joining with a waiting room, trust that is ended or held, orphans, saved selectors, agent releases and rollouts. */
export class Fleet0005 implements MigrationInterface {
  readonly name = 'Fleet1700000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    for (const table of tenantTables) await runner.query(tenantPolicy(table));
    await runner.query(systemTables);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are not taken back: restore a backup instead.'));
  }
}

const tables = `
-- Highest counter of a hello that was let in; a lower one is a copy or an older state of the server.
alter table server add column hello_counter bigint not null default 0;
alter table server add column machine text not null default '';
alter table server add column revoked_at timestamptz;
alter table server add column revoked_reason text not null default '';
-- 1: copied, 2: put back (ostler.api.v1.Hold.Cause); null while nothing has to be decided.
alter table server add column hold_cause smallint;
alter table server add column hold_message text not null default '';
alter table server add column hold_since timestamptz;
alter table server add column hold_counter bigint not null default 0;
alter table server add column hold_machine text not null default '';
alter table server add column last_disconnect text not null default '';
alter table server add column last_disconnect_at timestamptz;
alter table server add column certificate_expires_at timestamptz;
-- Its key was copied: its next lane is told to make another.
alter table server add column rekey_wanted_at timestamptz;
-- What its agent said that it trusts (Hello.ca_bundle_sha256).
alter table server add column ca_bundle_sha256 bytea;
-- When the nonce of its last recovery was made; older ones are spent.
alter table server add column recovery_nonce_at timestamptz;
-- Architecture of its packages, as uname says it; known from its hello.
alter table server add column architecture text not null default '';

-- Keys that are never let in again: of revoked servers, of machines that were replaced, of copies.
create table revoked_key (
  key_sha256 bytea primary key,
  server_uid uuid not null references server,
  reason text not null,
  revoked_at timestamptz not null default now()
);

alter table join_token add column waiting_room boolean not null default false;
alter table join_token add column replaces_server_uid uuid references server;
alter table join_token add column created_by text not null default '';
alter table join_use add column address text not null default '';

create table waiting_server (
  uid uuid primary key,
  tenant_uid uuid not null references tenant,
  token_uid uuid not null references join_token,
  key_sha256 bytea not null,
  name text not null,
  hostname text not null default '',
  address text not null default '',
  agent_version text not null default '',
  machine text not null default '',
  asked_at timestamptz not null default now(),
  last_asked_at timestamptz not null default now(),
  decided_at timestamptz,
  let_in boolean,
  resource_version bigint not null default 0,
  unique (token_uid, key_sha256)
);
create index on waiting_server (tenant_uid, resource_version);

create table saved_selector (
  uid uuid primary key,
  tenant_uid uuid not null references tenant,
  name text not null,
  labels jsonb not null,
  created_at timestamptz not null default now(),
  unique (tenant_uid, name)
);

-- What a server holds and this control plane does not know, as after a restore of a backup.
create table orphaned_resource (
  server_uid uuid not null references server,
  uid uuid not null,
  tenant_uid uuid not null references tenant,
  kind smallint not null,
  name text not null,
  generation bigint not null,
  reported_at timestamptz not null default now(),
  -- An operator wants it removed: its tombstone is in the manifest until the server acknowledges.
  discard_wanted_at timestamptz,
  primary key (server_uid, uid)
);

create table agent_rollout (
  uid uuid primary key,
  tenant_uid uuid not null references tenant,
  version text not null,
  selector jsonb not null default '{}',
  stages integer[] not null check (cardinality(stages) between 1 and 10),
  stage integer not null default 0,
  -- ostler.api.v1.Rollout.State
  state smallint not null default 1,
  message text not null default '',
  actor text not null default '',
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  resource_version bigint not null default 0
);
create index on agent_rollout (tenant_uid, resource_version);
-- One that has not ended in a tenant.
create unique index agent_rollout_one on agent_rollout (tenant_uid) where ended_at is null;

create table agent_rollout_server (
  rollout_uid uuid not null references agent_rollout,
  server_uid uuid not null references server,
  tenant_uid uuid not null references tenant,
  stage integer not null,
  -- ostler.api.v1.RolloutServer.State
  state smallint not null default 1,
  message text not null default '',
  from_version text not null default '',
  operation_uid uuid,
  started_at timestamptz,
  ended_at timestamptz,
  primary key (rollout_uid, server_uid)
);
create index on agent_rollout_server (server_uid);

-- A newer root signed by the one before it, so that who trusts only the old one finds the way.
alter table authority add column cross_certificate bytea;

-- Keys of listeners that outlive their certificates: purpose public is the one that installers pin.
create table listener_key (
  uid uuid primary key,
  purpose text not null,
  sealed_key bytea not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);
create unique index on listener_key (purpose) where retired_at is null;

-- Signed builds of the agent; the packages themselves are files of the data folder, by digest.
create table agent_release (
  version text primary key,
  sequence bigint not null unique,
  -- The exact bytes of an ostler.link.v1.AgentRelease, and what the release key signed.
  release bytea not null,
  signature bytea not null,
  added_at timestamptz not null default now()
);

-- Each restore from a backup: why the epoch is what it is.
create table epoch_raise (
  epoch bigint primary key,
  raised_at timestamptz not null default now(),
  backup_taken_at timestamptz,
  reason text not null default ''
);
`;

const tenantPolicy = (table: string): string => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy system_all on ${table} to ostler_system using (true) with check (true);
create policy app_tenant on ${table} to ostler_app using (${isOwn}) with check (${isOwn});
grant select, insert, update, delete on ${table} to ostler_app, ostler_system;
`;

const systemTables = ['revoked_key', 'listener_key', 'agent_release', 'epoch_raise']
  .map(
    (table) => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy system_all on ${table} to ostler_system using (true) with check (true);
grant select, insert, update, delete on ${table} to ostler_system;
`,
  )
  .join('');
