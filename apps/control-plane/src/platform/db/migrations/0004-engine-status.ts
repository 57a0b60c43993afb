import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What lists tell of placements without opening their reports, and wildcard neighbours of domains. */
export class EngineStatus0004 implements MigrationInterface {
  readonly name = 'EngineStatus1700000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
-- Types of the conditions besides Ready that are true: Drifted, Degraded...
alter table placement_status add column raised text[] not null default '{}';
-- *.example.com and shop.example.com meet under example.com.
create index on domain_claim (substr(domain, position('.' in domain) + 1));
`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('The schema is not taken back: restore a backup instead.'));
  }
}
