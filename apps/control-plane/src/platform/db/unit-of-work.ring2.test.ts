import { newUid } from '@ostler/kernel';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import {
  afterCommit, Database, execute, executeWithCommit, isDatabaseAway, manager, prepared, query, queryOne, UnitOfWork,
} from '.'; // prettier-ignore
import { openTestDatabase, type OpenTestDatabase } from './open-test-database.fixture';
import { proveRowSecurityWithin } from './row-security-proof';

let db: OpenTestDatabase;
const [mine, theirs] = [newUid(), newUid()];

beforeAll(async () => {
  db = await openTestDatabase();
  await db.unitOfWork.asSystem('first-run', async () => {
    for (const uid of [mine, theirs]) {
      await execute('insert into tenant (uid, name) values ($1, $2)', [uid, uid]);
      await execute('insert into tenant_counter (tenant_uid) values ($1)', [uid]);
    }
  });
});
afterAll(() => db.close());

const counters = () => query<{ tenant_uid: string }>('select tenant_uid from tenant_counter order by 1');

describe('a tenant', () => {
  it('sees its own rows and no others', async () => {
    expect(await db.unitOfWork.asTenant([mine], counters)).toEqual([{ tenant_uid: mine }]);
    expect(await db.unitOfWork.asTenant([mine, theirs], counters)).toHaveLength(2);
    expect(await db.unitOfWork.asTenant([], counters)).toEqual([]);
  });

  it('cannot write a row for another', async () => {
    const steal = () =>
      execute('update tenant_counter set resource_version = 9 where tenant_uid = $1', [theirs]);
    expect(await db.unitOfWork.asTenant([mine], steal)).toBe(0);
    const insert = () =>
      execute(
        `insert into join_token (uid, tenant_uid, token_hash, expires_at, maximum_uses)
        values ($1, $2, '\\x00', now(), 1)`,
        [newUid(), theirs],
      );
    await expect(db.unitOfWork.asTenant([mine], insert)).rejects.toThrow(/row-level security/);
  });

  it('wakes the compiler for its own servers without seeing manifests', async () => {
    const server = newUid();
    await db.unitOfWork.asTenant([mine], async () => {
      await execute(`insert into server (uid, tenant_uid, name, key_sha256) values ($1, $2, 'a', '\\x00')`, [
        server,
        mine,
      ]);
      for (let time = 0; time < 2; time++) {
        await execute(
          `insert into manifest_wanted (server_uid) values ($1) on conflict (server_uid)
          do update set wanted_at = now()`,
          [server],
        );
      }
    });
    const want = () => execute('insert into manifest_wanted (server_uid) values ($1)', [server]);
    await expect(db.unitOfWork.asTenant([theirs], want)).rejects.toThrow(/row-level security/);
    await expect(db.unitOfWork.asTenant([mine], () => query('select * from manifest'))).rejects.toThrow(
      /permission/,
    );
  });

  it('appends to the audit and never changes it', async () => {
    const insert = `insert into audit_entry (uid, tenant_uid, actor, method, outcome) values ($1, $2, 'a', 'm', 1)`;
    await db.unitOfWork.asTenant([mine], () => execute(insert, [newUid(), mine]));
    for (const sql of [
      'update audit_entry set actor = $$b$$',
      'delete from audit_entry',
      'truncate audit_entry',
    ]) {
      await expect(db.unitOfWork.asTenant([mine], () => execute(sql))).rejects.toThrow(/permission denied/);
      await expect(db.unitOfWork.asSystem('housekeeping', () => execute(sql))).rejects.toThrow(
        /permission denied/,
      );
    }
  });
});

describe('a call that only reads', () => {
  it('sees its own rows and writes none', async () => {
    expect(await db.unitOfWork.readAsTenant([mine], counters)).toEqual([{ tenant_uid: mine }]);
    const write = () => execute('update tenant_counter set resource_version = resource_version');
    await expect(db.unitOfWork.readAsTenant([mine], write)).rejects.toThrow(/read-only transaction/);
    expect(() => db.unitOfWork.readAsTenant(['not a uid'], counters)).toThrow('named by its uid');
  });

  it('leaves its connection to the next one as it was', async () => {
    const reads = Array.from({ length: 40 }, (_, index) =>
      db.unitOfWork.readAsTenant(index % 2 ? [mine] : [theirs], counters),
    );
    const seen = await Promise.all(reads);
    expect(seen.map(([row]) => row?.tenant_uid)).toEqual(seen.map((_, index) => (index % 2 ? mine : theirs)));
  });
});

describe('a statement that is heard with the commit', () => {
  const nameSql = prepared('update tenant set name = $2 where uid = $1');
  const nameOf = async (uid: string) =>
    (
      await db.unitOfWork.asSystem('people', () =>
        queryOne<{ name: string }>('select name from tenant where uid = $1', [uid]),
      )
    )?.name;

  it('is committed with the rest, in the order of sending', async () => {
    await db.unitOfWork.asSystem('people', async () => {
      executeWithCommit(nameSql, [mine, 'first']);
      executeWithCommit(nameSql, [mine, 'second']);
    });
    expect(await nameOf(mine)).toBe('second');
  });

  it('takes everything with it when it fails', async () => {
    const ran: string[] = [];
    const failed = db.unitOfWork.asSystem('people', async () => {
      afterCommit(() => ran.push('never'));
      await execute(nameSql, [theirs, 'renamed']);
      executeWithCommit(nameSql, [mine, null]);
    });
    await expect(failed).rejects.toThrow(/null value in column "name"/);
    expect([await nameOf(theirs), ran]).toEqual([theirs, []]);
  });

  it('runs under the scope of its own part of the unit', async () => {
    const failed = db.unitOfWork.asTenant([mine], async () => {
      await db.unitOfWork.asSystem('people', async () => executeWithCommit(nameSql, [mine, 'by the system']));
      executeWithCommit(nameSql, [mine, 'by the tenant']);
    });
    await expect(failed).rejects.toThrow(/permission denied/);
  });
});

it('keeps no plan behind a pooler, whose next transaction may be on another connection', async () => {
  const isKept = prepared('select count(*)::int as kept from pg_prepared_statements');
  const keptWith = async (directUrl: string): Promise<number | undefined> => {
    const database = await Database.open({
      url: db.url,
      directUrl,
      log: { warn: () => undefined },
      poolSize: 1,
    });
    const ask = () => queryOne<{ kept: number }>(isKept);
    const row = await new UnitOfWork(database).readAsTenant([mine], ask);
    await database.close();
    return row?.kept;
  };
  const otherUrl = `${db.url}${db.url.includes('?') ? '&' : '?'}application_name=direct`;
  expect([await keptWith(db.url), await keptWith(otherUrl)]).toEqual([1, 0]);
});

it('a statement outside of a transaction sees nothing and writes nothing', async () => {
  const { dataSource } = db.database;
  expect(await dataSource.query('select current_user as role')).toEqual([{ role: 'ostler_app' }]);
  expect(await dataSource.query('select from tenant_counter')).toEqual([]);
  const write = dataSource.query('insert into tenant_counter (tenant_uid) values ($1)', [newUid()]);
  await expect(write).rejects.toThrow(/row-level security/);
});

it('gives TypeORM the same transaction and the same rows', async () => {
  const seen = await db.unitOfWork.asTenant([mine], async () => {
    const rows: unknown = await manager().query('select tenant_uid from tenant_counter');
    return [rows, manager().queryRunner?.isTransactionActive];
  });
  expect(seen).toEqual([[{ tenant_uid: mine }], true]);
});

describe('nesting', () => {
  it('joins the transaction: what the inner wrote goes with the outer', async () => {
    const uid = newUid();
    const failed = db.unitOfWork.asTenant([mine], async () => {
      await db.unitOfWork.asSystem('people', () =>
        execute('insert into tenant (uid, name) values ($1, $2)', [uid, uid]),
      );
      expect(await counters()).toEqual([{ tenant_uid: mine }]);
      throw new Error('outer fails');
    });
    await expect(failed).rejects.toThrow('outer fails');
    const found = await db.unitOfWork.asSystem('people', () =>
      query('select from tenant where uid = $1', [uid]),
    );
    expect(found).toEqual([]);
  });

  it('lets a tenant act only for itself, and refuses a parallel flow', async () => {
    const cross = db.unitOfWork.asTenant([mine], () => db.unitOfWork.asTenant([theirs], counters));
    await expect(cross).rejects.toThrow('not its own');
    const parallel = db.unitOfWork.asTenant([mine], async () => {
      const elevated = db.unitOfWork.asSystem('people', counters);
      await expect(counters()).rejects.toThrow('one flow');
      expect(await elevated).toHaveLength(2);
    });
    await parallel;
  });

  it('tells of a swallowed failure instead of losing the commit', async () => {
    const swallowed = db.unitOfWork.asTenant([mine], () => query('select 1/0').catch(() => []));
    await expect(swallowed).rejects.toThrow('swallowed');
  });
});

it('runs what waits for the commit only after it', async () => {
  const ran: string[] = [];
  await db.unitOfWork.asTenant([mine], async () => afterCommit(() => ran.push('committed')));
  const failed = db.unitOfWork.asTenant([mine], async () => {
    afterCommit(() => ran.push('never'));
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  expect(ran).toEqual(['committed']);
});

it('runs a loop again after a serialization failure', async () => {
  let runs = 0;
  const work = async (): Promise<void> => {
    if (++runs < 3) await query(`do $$ begin raise exception 'again' using errcode = '40001'; end $$`);
  };
  await db.unitOfWork.asSystem('housekeeping', work);
  expect(runs).toBe(3);
  runs = 0;
  await expect(db.unitOfWork.asSystem('sign-in', work)).rejects.toThrow('again');
});

it('heals after the server ended every connection, and wakes whoever waits', async () => {
  let wakes = 0;
  const off = db.wake.on('audit', () => wakes++);
  const admin = new Client({ ...db.connection, database: 'postgres' });
  await admin.connect();
  const lost = db.unitOfWork.asTenant([mine], async () => {
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
      db.connection.database,
    ]);
    await query('select 1');
  });
  const error: unknown = await lost.catch((e: unknown) => e);
  expect(isDatabaseAway(error)).toBe(true);
  await admin.end();
  await vi.waitFor(() => expect(wakes).toBeGreaterThan(0));
  expect(await db.unitOfWork.asTenant([mine], () => queryOne('select 1 as one'))).toEqual({ one: 1 });
  wakes = 0;
  await db.unitOfWork.asTenant([mine], async () => db.wake.notify('audit'));
  await vi.waitFor(() => expect(wakes).toBe(1));
  off();
});

describe('the proof at start', () => {
  const breaks: Record<string, string> = {
    'a role that bypasses': 'alter role ostler_app bypassrls',
    'a table without': 'alter table resource no force row level security',
    'a policy that lets an unscoped read through':
      'create policy leak on tenant_counter for select to ostler_app using (true)',
    'a role that owns a table': 'alter table resource owner to ostler_app',
  };

  it.each(Object.entries(breaks))('refuses %s', async (_what, sql) => {
    const owner = new Client({ connectionString: db.url });
    await owner.connect();
    try {
      // Rolled back: roles are shared with every other test of the run.
      await owner.query('begin');
      await proveRowSecurityWithin(owner);
      await owner.query('reset role');
      await owner.query(`delete from audit_entry where actor = ''`);
      await owner.query(sql);
      await expect(proveRowSecurityWithin(owner)).rejects.toThrow(/row-level security/);
    } finally {
      await owner.end();
    }
  });
});
