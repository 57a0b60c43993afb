import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { Client } from 'pg';
import { rolldown } from 'rolldown';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { databaseFolders } from './folders';
import { startEmbeddedPostgres } from './start-embedded-postgres';
import type { EmbeddedPostgres, PostgresConnection } from './types';

let parent: string;
let dataFolder: string;
let started: EmbeddedPostgres[];
let lines: string[];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'ostler postgres '));
  await chmod(parent, 0o711);
  dataFolder = join(parent, 'data');
  started = [];
  lines = [];
});

afterEach(async () => {
  await Promise.all(started.map((postgres) => postgres.stop()));
  await rm(parent, { recursive: true });
});

async function start(settings?: Record<string, string>): Promise<EmbeddedPostgres> {
  const write = (line: string) => void lines.push(line);
  const postgres = await startEmbeddedPostgres({ dataFolder, log: { info: write, warn: write }, settings });
  started.push(postgres);
  return postgres;
}

async function query(connection: PostgresConnection, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client(connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const isAlive = (pid: number) => existsSync(`/proc/${pid}/cwd`) && pid > 0;

it('serves a database with checksums, safe durability and an order that no machine changes', async () => {
  const { connection, adopted } = await start();
  const [row] = await query(
    connection,
    `SELECT current_database() AS database, current_setting('fsync') AS fsync,
            current_setting('data_checksums') AS checksums, current_setting('full_page_writes') AS pages,
            current_setting('listen_addresses') AS listen, 'B' < 'a' AS by_code_point, upper('ä') AS upper`,
  );
  expect(adopted).toBe(false);
  expect(row).toEqual({
    database: 'ostler',
    fsync: 'on',
    checksums: 'on',
    pages: 'on',
    listen: '127.0.0.1',
    by_code_point: true,
    upper: 'Ä',
  });
});

it('keeps its password to itself and opens to nobody without it', async () => {
  const { connection } = await start();
  const { mode } = await stat(databaseFolders(dataFolder).passwordFile);
  expect(mode & 0o777).toBe(0o600);
  expect(connection.password.length).toBeGreaterThan(40);
  await expect(query({ ...connection, password: 'ostler' }, 'SELECT 1')).rejects.toThrow(
    /password authentication/,
  );
});

it('has all rows after a stop and a start, and leaves no process after a stop', async () => {
  const first = await start();
  await query(first.connection, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await first.stop();
  expect(isAlive(first.postmasterPid())).toBe(false);
  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await query(second.connection, 'SELECT * FROM kept')).toEqual([{ answer: 42 }]);
});

it('refuses a data folder that another living process serves', async () => {
  const { connection } = await start();
  await expect(start()).rejects.toThrow(/another process serves the data folder/);
  expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

it('adopts the server of a process that was killed', async () => {
  const orphaned = await serveAndKill();
  await query(orphaned, 'CREATE TABLE kept AS SELECT 42 AS answer');
  const { connection, adopted, postmasterPid, stop } = await start();
  expect(adopted).toBe(true);
  expect({ pid: postmasterPid(), ...connection }).toEqual(orphaned);
  expect(await query(connection, 'SELECT * FROM kept')).toEqual([{ answer: 42 }]);
  await stop();
  expect(isAlive(orphaned.pid)).toBe(false);
});

it('starts anew after process, server and its children were all killed', async () => {
  const orphaned = await serveAndKill();
  await query(orphaned, 'CREATE TABLE kept AS SELECT 42 AS answer');
  process.kill(orphaned.pid, 'SIGKILL');
  const { connection, adopted } = await start();
  expect(adopted).toBe(false);
  expect(await query(connection, 'SELECT * FROM kept')).toEqual([{ answer: 42 }]);
});

it('brings a killed server back on the same port with every acknowledged row', async () => {
  const { connection, postmasterPid } = await start();
  const killed = postmasterPid();
  await query(connection, 'CREATE TABLE kept (n int)');
  await query(connection, 'INSERT INTO kept SELECT generate_series(1, 1000)');
  process.kill(killed, 'SIGKILL');
  const rows = await vi.waitFor(() => query(connection, 'SELECT count(*)::int AS rows FROM kept'), 20_000);
  expect(rows).toEqual([{ rows: 1000 }]);
  expect(postmasterPid()).not.toBe(killed);
  expect(lines.some((line) => line.includes('ended by SIGKILL'))).toBe(true);
});

it('stops for good when it is told so while the server is being started again', async () => {
  const postgres = await start();
  process.kill(postgres.postmasterPid(), 'SIGKILL');
  await vi.waitFor(() => expect(lines.some((line) => line.includes('starting it again'))).toBe(true));
  await postgres.stop();
  expect(isAlive(postgres.postmasterPid())).toBe(false);
  expect((await start()).adopted).toBe(false);
});

it('brings an adopted server back too', async () => {
  const orphaned = await serveAndKill();
  const { connection } = await start();
  process.kill(orphaned.pid, 'SIGKILL');
  await vi.waitFor(() => query(connection, 'SELECT 1'), 20_000);
});

it('does not take over a server that has another password', async () => {
  const orphaned = await serveAndKill();
  await writeFile(databaseFolders(dataFolder).passwordFile, 'another');
  await expect(start()).rejects.toThrow(/password authentication failed/);
  expect(await query(orphaned, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  process.kill(orphaned.pid, 'SIGINT');
  await vi.waitFor(() => expect(isAlive(orphaned.pid)).toBe(false), 10_000);
});

it('makes the cluster anew when initdb was cut off', async () => {
  const { halfMadeCluster } = databaseFolders(dataFolder);
  await mkdir(join(halfMadeCluster, 'base'), { recursive: true });
  await writeFile(join(halfMadeCluster, 'PG_VERSION'), '18\n');
  const { connection } = await start();
  expect(await query(connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(existsSync(halfMadeCluster)).toBe(false);
});

it('is not misled by a postmaster.pid that names another living program', async () => {
  const first = await start();
  await first.stop();
  const { cluster } = databaseFolders(dataFolder);
  await writeFile(
    join(cluster, 'postmaster.pid'),
    `${process.pid}\n${cluster}\n1763629000\n5432\n\n\n\nready\n`,
  );
  expect((await start()).adopted).toBe(false);
});

it('says why when the server does not start', async () => {
  await expect(start({ shared_buffers: 'plenty' })).rejects.toThrow(
    /invalid value for parameter "shared_buffers"/,
  );
  expect((await start()).adopted).toBe(false);
});

it.runIf(process.getuid?.() === 0)('names the folder that keeps the database user out', async () => {
  await chmod(parent, 0o700);
  await expect(start()).rejects.toThrow(`may not enter ${parent}; choose a data folder outside of it`);
});

it.runIf(process.getuid?.() === 0)('runs as a user of its own when started by root', async () => {
  const { postmasterPid } = await start();
  expect((await stat(`/proc/${postmasterPid()}`)).uid).not.toBe(0);
});

async function serveAndKill(): Promise<PostgresConnection & { pid: number }> {
  const program = await bundleFixture();
  const child = spawn(process.execPath, [program, dataFolder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  child.kill('SIGKILL');
  await once(child, 'exit');
  return JSON.parse(line) as PostgresConnection & { pid: number };
}

/** Beside the package's own modules, from where the binaries' package is found. */
async function bundleFixture(): Promise<string> {
  const file = join(import.meta.dirname, '../dist/serve-until-killed.mjs');
  const input = join(import.meta.dirname, 'serve-until-killed.fixture.ts');
  const bundle = await rolldown({ input, platform: 'node', external: ['pg'] });
  await bundle.write({ file, format: 'esm' });
  await bundle.close();
  return file;
}
