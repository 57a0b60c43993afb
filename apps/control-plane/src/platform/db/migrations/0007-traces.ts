import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By which numbers a call is found in the logs, from the trail to the agent. */
export class Traces0007 implements MigrationInterface {
  readonly name = 'Traces1700000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
-- W3C Trace Context, as the call came or as it was begun here.
alter table audit_entry add column traceparent text not null default '';
create index on audit_entry (tenant_uid, request_id) where request_id <> '';
alter table operation add column request_id text not null default '', add column traceparent text not null default '';
-- Serialised ostler.link.v1.ChangeCauses of the calls that led to the present revision.
alter table manifest add column causes bytea not null default '';
`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are not taken back: restore a backup instead.'));
  }
}
