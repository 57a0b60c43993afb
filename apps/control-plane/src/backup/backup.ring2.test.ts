import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startTestPostgres, type TestDatabase } from '@ostler/test-kit/postgres';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Database, migrate } from '../platform/db';
import { openTestDatabase } from '../platform/db/open-test-database.fixture';
import { type BackupSummary, copyDatabase, loadBackup, nextEpoch, OpenBackup, writeBackup } from '.';
import { backedUpTables } from './backed-up-tables';
import { fillEveryTable } from './fill-every-table.fixture';

const takenAt = new Date('2026-11-20T12:00:00Z');
const now = new Date('2026-11-20T13:00:00Z');
const masterKey = randomBytes(32);

let folder: string;
let source: Owned;
let client: Client;

interface Owned {
  readonly url: string;
  drop(): Promise<void>;
}

/** A database whose owner is no superuser, as with a DATABASE_URL. */
async function ownedDatabase(): Promise<Owned> {
  const postgres: TestDatabase = await startTestPostgres();
  const role = `owner_${randomBytes(6).toString('hex')}`;
  const admin = new Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create role ${role} login createrole password 'x'`);
  await admin.query(`alter database ${postgres.connection.database} owner to ${role}`);
  const url = Object.assign(new URL(postgres.url), { username: role, password: 'x' }).href;
  // Roles are the whole server's: another test may have made these two, and only who made them may grant them.
  await admin.query(`do $$ begin
    if exists (select from pg_roles where rolname = 'ostler_app') then grant ostler_app to ${role}; end if;
    if exists (select from pg_roles where rolname = 'ostler_system') then grant ostler_system to ${role}; end if; end $$`);
  await admin.end();
  return { url, drop: () => postgres.drop() };
}

async function contents(url: string): Promise<Record<string, unknown[]>> {
  const reader = new Client({ connectionString: url });
  await reader.connect();
  const found: Record<string, unknown[]> = {};
  await reader.query('begin; set local role ostler_system');
  for (const table of backedUpTables) {
    const { rows } = await reader.query<{ row: unknown }>(
      `select to_jsonb(t) as row from "${table}" t order by t::text`,
    );
    found[table] = rows.map(({ row }) => row);
  }
  await reader.end();
  return found;
}

async function backUp(name: string, passphrase = ''): Promise<BackupSummary> {
  await using file = await open(join(folder, name), 'wx', 0o600);
  return await writeBackup(
    { databaseUrl: source.url, masterKey, version: '0.1.0', takenAt, passphrase },
    file.fd,
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-backup-'));
  // Two migrations at once in two databases of one server would both make the roles.
  await (await openTestDatabase()).close();
  source = await ownedDatabase();
  await migrate(source.url);
  client = new Client({ connectionString: source.url });
  await client.connect();
  await fillEveryTable(client);
});
afterAll(async () => {
  await client.end();
  await source.drop();
  await rm(folder, { recursive: true });
});

describe('a backup that is restored', () => {
  let target: Owned;
  let before: Record<string, unknown[]>;
  let after: Record<string, unknown[]>;
  let epoch: bigint;

  beforeAll(async () => {
    before = await contents(source.url);
    await backUp('whole');
    target = await ownedDatabase();
    await using file = await open(join(folder, 'whole'));
    const backup = await OpenBackup.verify(file.fd, '');
    ({ epoch } = await loadBackup(backup, { databaseUrl: target.url, now }));
    after = await contents(target.url);
  });
  afterAll(() => target.drop());

  /** What differs on purpose. */
  const settled = [
    'installation',
    'epoch_raise',
    'operation',
    'join_token',
    'server',
    'tenant_counter',
    'waiting_server',
    'agent_rollout',
  ];

  it('had rows in every table', () => {
    expect(backedUpTables.filter((table) => before[table]!.length === 0)).toEqual([]);
  });

  it('has every row of every table', () => {
    for (const table of backedUpTables) {
      if (!settled.includes(table)) expect(after[table], table).toEqual(before[table]);
    }
  });

  it('raises the epoch, and says why', () => {
    expect(epoch).toBe(BigInt(now.getTime() / 1000));
    expect(after['installation']).toMatchObject([{ epoch: Number(epoch) }]);
    expect(after['epoch_raise']).toContainEqual(
      expect.objectContaining({ epoch: Number(epoch), reason: 'restored from a backup' }),
    );
  });

  it('ends what had not ended, so that nothing happens twice', () => {
    const open = (rows: unknown[]) => rows.filter((row) => (row as { ended_at: unknown }).ended_at === null);
    expect(open(before['operation']!)).toHaveLength(1);
    expect(open(after['operation']!)).toEqual([]);
    expect(after['operation']).toContainEqual(expect.objectContaining({ reason: 'RESTORED' }));
  });

  it('lets no join token be spent a second time', () => {
    expect(after['join_token']!.every((row) => (row as { revoked_at: unknown }).revoked_at !== null)).toBe(
      true,
    );
  });

  it('is a database that the control plane opens, with row security as strict as before', async () => {
    const database = await Database.open({ url: target.url, log: { warn: () => undefined } });
    await database.close();
  });
});

it('is copied whole to the database of another PostgreSQL, in the same epoch', async () => {
  const target = await ownedDatabase();
  const rows = await copyDatabase(source.url, target.url);
  const [before, after] = [await contents(source.url), await contents(target.url)];
  const numbered = ['server', 'operation', 'waiting_server', 'agent_rollout'];
  for (const table of backedUpTables) {
    if (!numbered.includes(table)) expect(after[table], table).toEqual(before[table]);
  }
  expect(rows).toBeGreaterThanOrEqual(Object.values(before).flat().length);
  const database = await Database.open({ url: target.url, log: { warn: () => undefined } });
  await database.close();
  await target.drop();
});

it('sees one moment, whatever is written meanwhile', async () => {
  const uid = randomBytes(16).toString('hex');
  const writer = new Client({ connectionString: source.url });
  await writer.connect();
  await writer.query('begin');
  await writer.query('set local role ostler_system');
  await writer.query('insert into person (uid, email, password_hash) values ($1, $2, $3)', [
    uid,
    `${uid}@a`,
    'x',
  ]);
  await backUp('moment');
  await writer.query('commit');
  await writer.end();
  await using file = await open(join(folder, 'moment'));
  const people: Buffer[] = [];
  for await (const { table, rows } of (await OpenBackup.verify(file.fd, '')).tables()) {
    for await (const piece of rows) if (table === 'person') people.push(piece);
  }
  expect(Buffer.concat(people).toString()).not.toContain(uid);
});

describe('a backup with a passphrase', () => {
  it('holds the master key for who knows it, and for nobody else', async () => {
    await backUp('sealed', 'correct horse');
    await using file = await open(join(folder, 'sealed'));
    await expect(OpenBackup.verify(file.fd, '')).rejects.toThrow(/encrypted/);
    await expect(OpenBackup.verify(file.fd, 'wrong')).rejects.toThrow(/passphrase/);
    const backup = await OpenBackup.verify(file.fd, 'correct horse');
    expect(await backup.masterKey()).toEqual(masterKey);
  });
});

describe('a spoilt backup', () => {
  it.each([
    ['cut off', async (file: Awaited<ReturnType<typeof open>>, size: number) => file.truncate(size - 100)],
    [
      'changed in one bit',
      async (file: Awaited<ReturnType<typeof open>>, size: number) => {
        const byte = await file.read(Buffer.alloc(1), 0, 1, size - 500);
        byte.buffer[0]! ^= 1;
        await file.write(byte.buffer, 0, 1, size - 500);
      },
    ],
  ])('is refused when it was %s', async (name, spoil) => {
    await backUp(name);
    await using file = await open(join(folder, name), 'r+');
    await spoil(file, (await file.stat()).size);
    await expect(OpenBackup.verify(file.fd, '')).rejects.toThrow(/checksum/);
  });
});

describe('the epoch after a restore', () => {
  it('is above the one before, even when the clock is behind', () => {
    expect(nextEpoch(1n, now)).toBe(BigInt(now.getTime() / 1000));
    expect(nextEpoch(9_000_000_000n, now)).toBe(9_000_000_001n);
  });

  it('is another one for each restore of the same backup', () => {
    expect(nextEpoch(1n, new Date(now.getTime() + 1000))).toBeGreaterThan(nextEpoch(1n, now));
  });
});

it('is restored in pieces, however much there is', async () => {
  const many = new Client({ connectionString: source.url });
  await many.connect();
  await many.query('begin; set local role ostler_system');
  await many.query(
    `insert into audit_entry (uid, actor, method, outcome, message)
     select gen_random_uuid(), 'a', 'm', 1,
       (select string_agg(encode(sha256((n * 100 + k)::text::bytea), 'hex'), '') from generate_series(1, 20) k)
     from generate_series(1, 5000) n`,
  );
  await many.query('commit');
  await many.end();
  await backUp('many');
  const target = await ownedDatabase();
  await using file = await open(join(folder, 'many'));
  const backup = await OpenBackup.verify(file.fd, '');
  expect(await backup.masterKey()).toEqual(masterKey);
  const { rows } = await loadBackup(backup, { databaseUrl: target.url, now });
  expect(rows.get('audit_entry')).toBe(5_001);
  await target.drop();
});
