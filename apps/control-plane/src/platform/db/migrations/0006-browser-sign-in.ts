import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Programs that a person lets in from the console. */
export class BrowserSignIn0006 implements MigrationInterface {
  readonly name = 'BrowserSignIn1700000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
-- Programs that wait to be let in by a person in the console. A row lives minutes.
create table browser_sign_in (
  -- Of the secret that only the program has.
  secret_hash bytea primary key,
  code text not null unique,
  program text not null,
  computer text not null default '',
  address text not null default '',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  decided_at timestamptz,
  approved boolean,
  -- Who decided, and the tenant that the session is of.
  person_uid uuid references person on delete cascade,
  tenant_uid uuid references tenant
);
create index on browser_sign_in (expires_at);
alter table browser_sign_in enable row level security;
alter table browser_sign_in force row level security;
create policy system_all on browser_sign_in to ostler_system using (true) with check (true);
grant select, insert, update, delete on browser_sign_in to ostler_system;
`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations are not taken back: restore a backup instead.'));
  }
}
