/** Tables of the first schema. Who may see which rows is said in 0001-base. */
export const tables = `
-- One row: what a restore from backup must carry on. Raising the epoch fences every agent.
create table installation (
  only_row boolean primary key default true check (only_row),
  uid uuid not null,
  epoch bigint not null default 1 check (epoch > 0),
  created_at timestamptz not null default now()
);

create table tenant (
  uid uuid primary key,
  parent_uid uuid references tenant,
  name text not null unique,
  created_at timestamptz not null default now()
);

-- Locked by every transaction that changes a resource of the tenant: the order of changes is the order
-- of commits.
create table tenant_counter (
  tenant_uid uuid primary key references tenant,
  resource_version bigint not null default 0
);

-- Certificate authority: 'root' and 'intermediate'; keys sealed under the master key.
create table authority (
  uid uuid primary key,
  role text not null check (role in ('root', 'intermediate')),
  certificate bytea not null,
  sealed_key bytea not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);

create table person (
  uid uuid primary key,
  email text not null unique check (email = lower(email)),
  display_name text not null default '',
  password_hash text not null,
  must_change_password boolean not null default false,
  disabled boolean not null default false,
  created_at timestamptz not null default now(),
  last_sign_in_at timestamptz
);

create table membership (
  tenant_uid uuid not null references tenant,
  person_uid uuid not null references person,
  role smallint not null,
  primary key (tenant_uid, person_uid)
);

create table sign_in_session (
  token_hash bytea primary key,
  person_uid uuid not null references person on delete cascade,
  tenant_uid uuid not null references tenant,
  address text not null default '',
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index on sign_in_session (person_uid);

-- Failures per key (an e-mail or an address) in a window, for throttling.
create table sign_in_failure (
  key text primary key,
  failures integer not null,
  window_began_at timestamptz not null,
  blocked_until timestamptz
);

create table api_token (
  uid uuid primary key,
  tenant_uid uuid not null references tenant,
  person_uid uuid not null references person,
  name text not null,
  token_hash bytea not null unique,
  role smallint not null,
  scopes smallint[] not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create unique index on api_token (tenant_uid, name) where revoked_at is null;

-- Append-only: neither role may update or delete.
create table audit_entry (
  uid uuid primary key,
  tenant_uid uuid references tenant,
  created_at timestamptz not null default now(),
  actor text not null,
  actor_uid uuid,
  method text not null,
  outcome smallint not null,
  reason smallint not null default 0,
  subject text not null default '',
  resource_uid uuid,
  generation bigint not null default 0,
  request_id text not null default '',
  address text not null default '',
  message text not null default ''
);
create index on audit_entry (tenant_uid, uid desc);
create index on audit_entry (resource_uid, uid desc) where resource_uid is not null;

-- The first answer to every request id, so that a repeat gets it again.
create table request_ledger (
  tenant_uid uuid not null references tenant,
  request_id uuid not null,
  actor_uid uuid not null,
  method text not null,
  -- Keyed, because a body may hold a password. The response is sealed for the same reason.
  body_hmac bytea not null,
  response bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_uid, request_id)
);
create index on request_ledger (created_at);

create table server (
  uid uuid primary key,
  tenant_uid uuid not null references tenant,
  name text not null,
  display_name text not null default '',
  labels jsonb not null default '{}',
  -- Serialised ostler.link.v1.ServerReport, as the agent last sent it.
  report bytea,
  agent_version text not null default '',
  feature_level integer not null default 0,
  clock_skew_ms bigint not null default 0,
  -- SHA-256 of the public key (SPKI); the certificate may be renewed, the key stays.
  key_sha256 bytea not null,
  joined_at timestamptz not null default now(),
  -- Written when the state changes and once a minute, never per heartbeat.
  state smallint not null default 4,
  state_since timestamptz not null default now(),
  last_seen_at timestamptz,
  -- What the agent has stored, by its acknowledgement.
  stored_epoch bigint not null default 0,
  stored_revision bigint not null default 0,
  resource_version bigint not null default 0,
  removed_at timestamptz
);
create unique index on server (tenant_uid, name) where removed_at is null;

create table join_token (
  uid uuid primary key,
  tenant_uid uuid not null references tenant,
  token_hash bytea not null unique,
  description text not null default '',
  labels jsonb not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  maximum_uses integer not null check (maximum_uses > 0),
  uses integer not null default 0 check (uses <= maximum_uses),
  revoked_at timestamptz
);

create table join_use (
  token_uid uuid not null references join_token,
  key_sha256 bytea not null,
  server_uid uuid not null references server,
  tenant_uid uuid not null references tenant,
  joined_at timestamptz not null default now(),
  primary key (token_uid, key_sha256)
);

create table resource (
  uid uuid primary key,
  tenant_uid uuid not null references tenant,
  kind smallint not null,
  name text not null,
  display_name text not null default '',
  labels jsonb not null default '{}',
  generation bigint not null check (generation > 0),
  resource_version bigint not null,
  -- Serialised spec of the kind, secrets as references only.
  spec bytea not null,
  spec_schema smallint not null,
  spec_sha256 bytea not null,
  -- For search: name, display name, domains.
  search_text text not null default '',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz
);
create unique index on resource (tenant_uid, kind, name) where deleted_at is null;
create index on resource (tenant_uid, resource_version);
create index on resource using gin (labels jsonb_path_ops);

-- What is gone from every server, for watches that were away.
create table resource_removal (
  tenant_uid uuid not null references tenant,
  resource_version bigint not null,
  resource_uid uuid not null,
  kind smallint not null,
  name text not null,
  removed_at timestamptz not null default now(),
  primary key (tenant_uid, resource_version)
);

-- Immutable.
create table revision (
  resource_uid uuid not null,
  generation bigint not null,
  tenant_uid uuid not null references tenant,
  kind smallint not null,
  name text not null,
  display_name text not null,
  labels jsonb not null,
  spec bytea not null,
  spec_schema smallint not null,
  actor text not null,
  summary text not null,
  created_at timestamptz not null default now(),
  primary key (resource_uid, generation)
);

create table reference (
  from_uid uuid not null references resource on delete cascade,
  to_uid uuid not null references resource,
  tenant_uid uuid not null references tenant,
  primary key (from_uid, to_uid)
);
create index on reference (to_uid);

-- One owner per domain across all tenants. Released when the last server has removed the site.
create table domain_claim (
  domain text primary key,
  tenant_uid uuid not null references tenant,
  resource_uid uuid not null
);
create index on domain_claim (resource_uid);

create table placement (
  resource_uid uuid not null references resource on delete cascade,
  server_uid uuid not null references server,
  tenant_uid uuid not null references tenant,
  server_tenant_uid uuid not null references tenant,
  -- A tombstone: kept until the server acknowledges, or is removed by force.
  removing boolean not null default false,
  generation bigint not null,
  body_sha256 bytea,
  created_at timestamptz not null default now(),
  primary key (resource_uid, server_uid)
);
create index on placement (server_uid);

create table placement_status (
  resource_uid uuid not null,
  server_uid uuid not null,
  tenant_uid uuid not null references tenant,
  observed_generation bigint not null,
  observed_epoch bigint not null,
  -- 1 true, 2 false, 3 unknown (ConditionStatus), of the condition Ready.
  ready smallint not null,
  -- Serialised ostler.link.v1.PlacementReport.
  report bytea not null,
  reported_at timestamptz not null,
  primary key (resource_uid, server_uid),
  foreign key (resource_uid, server_uid) references placement on delete cascade
);

create table manifest (
  server_uid uuid primary key references server,
  epoch bigint not null,
  revision bigint not null,
  -- The exact bytes that are sent.
  index bytea not null,
  index_sha256 bytea not null,
  compiled_at timestamptz not null default now()
);

-- Servers whose manifest must be compiled anew: a wake-up that survives.
create table manifest_wanted (
  server_uid uuid primary key references server,
  wanted_at timestamptz not null default now()
);

create table manifest_body (
  sha256 bytea primary key,
  body bytea not null,
  created_at timestamptz not null default now()
);

create table secret (
  uid uuid not null,
  version integer not null check (version > 0),
  tenant_uid uuid not null references tenant,
  -- Resource and field path that it belongs to.
  resource_uid uuid not null,
  sealed bytea not null,
  -- Keyed, so that an equal value makes no new version.
  hmac bytea not null,
  created_at timestamptz not null default now(),
  primary key (uid, version)
);

create table release (
  tenant_uid uuid not null references tenant,
  digest text not null,
  -- Exact bytes of the ostler.link.v1.ReleaseIndex.
  index bytea not null,
  files integer not null,
  bytes bigint not null,
  complete boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (tenant_uid, digest)
);

create table release_content (
  tenant_uid uuid not null references tenant,
  sha256 bytea not null,
  size bigint not null,
  -- How much of it is there; complete when equal to size and the hash fits.
  received bigint not null default 0,
  complete boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (tenant_uid, sha256)
);

create table release_piece (
  tenant_uid uuid not null,
  sha256 bytea not null,
  "offset" bigint not null,
  data bytea not null,
  primary key (tenant_uid, sha256, "offset"),
  foreign key (tenant_uid, sha256) references release_content on delete cascade
);

create table operation (
  uid uuid primary key,
  tenant_uid uuid not null references tenant,
  server_uid uuid not null references server,
  -- Serialised ostler.api.v1.OperationSpec.
  spec bytea not null,
  state smallint not null,
  retry_class smallint not null,
  reason text not null default '',
  message text not null default '',
  progress_percent smallint not null default 0,
  progress_message text not null default '',
  exit_code integer,
  output_bytes bigint not null default 0,
  actor text not null,
  cancel_requested boolean not null default false,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  deadline timestamptz not null
);
create index on operation (tenant_uid, uid desc);
create index on operation (server_uid) where ended_at is null;
create index on operation (deadline) where ended_at is null;

create table operation_output (
  operation_uid uuid not null references operation on delete cascade,
  "offset" bigint not null,
  tenant_uid uuid not null references tenant,
  -- Null where the agent's spool overflowed: lost_bytes were lost.
  data bytea,
  lost_bytes bigint not null default 0,
  primary key (operation_uid, "offset")
);
`;
