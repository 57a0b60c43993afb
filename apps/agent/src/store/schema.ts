/**
 * The tables of the store, one string for each step from the version before it. A step that was released
 * is never changed: servers in the field have taken it. Numbers of the wire are 64 bit and kept as text.
 */
export const SCHEMA_STEPS: readonly string[] = [
  `
  create table manifest (
    id integer primary key check (id = 1),
    epoch text not null, revision text not null, sha256 blob not null, index_bytes blob not null
  ) strict;
  create table bodies (sha256 blob primary key, bytes blob not null) strict;
  create table entries (
    uid text primary key,
    accepted blob, refused blob, reason text not null default '', message text not null default '',
    body_sha256 blob, refused_sha256 blob,
    placed integer not null
  ) strict;
  create table tombstones (uid text primary key, tombstone blob not null, done integer not null) strict;
  create table secret_references (
    resource_uid text not null, uid text not null, version integer not null,
    primary key (resource_uid, uid, version)
  ) strict, without rowid;
  create table secrets (
    uid text not null, version integer not null, value blob not null, primary key (uid, version)
  ) strict;
  create table outputs (uid text primary key, output text not null) strict;
  create table statuses (uid text primary key, report blob not null, sequence integer not null) strict;
  create index statuses_by_sequence on statuses (sequence);
  create table operations (
    uid text primary key, start blob not null, report blob not null,
    begun integer not null default 0, ended integer not null default 0,
    forgotten integer not null default 0, shipped_bytes integer not null default 0
  ) strict;
  create table spool (
    sequence integer primary key autoincrement, operation_uid text not null, frame blob not null
  ) strict;
  create table counters (name text primary key, value integer not null) strict;
  insert into counters values ('status_sequence', 0), ('status_acknowledged', 0);
  `,
];
