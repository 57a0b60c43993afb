import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { IdentityService } from '@ostler/contracts';
import { leaveOlderCluster, postgres17 } from '@ostler/embedded-postgres/older-cluster';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';

import { copyDatabase } from '../../backup';
import { bundleProgram, type Program } from '../../testing/bundle-program.fixture';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const password = 'correct horse battery';
let program: Program;
let folder: string;
let first: string;
let backup: string;
let email: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  program = await bundleProgram('control');
  folder = await mkdtemp(join(tmpdir(), 'ostler-control-'));
  await chmod(folder, 0o711);
  first = await dataFolder('first');
  backup = join(folder, 'backup');
});
afterEach(async () => {
  for (const child of running) await end(child);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await program.remove();
});

async function dataFolder(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { mode: 0o711 });
  return path;
}

function start(data: string, args: readonly string[] = []) {
  const env = {
    PATH: process.env['PATH'],
    OSTLER_DATA: data,
    OSTLER_HTTP_PORT: '0',
    OSTLER_PUBLIC_PORT: '0',
    OSTLER_AGENT_PORT: '0',
    OSTLER_LOCAL_AGENT: 'off',
  };
  const child = spawn(process.execPath, [program.file, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.on('exit', () => running.delete(child));
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => (said += piece.toString()));
  return { child, said: () => said };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

async function control(data: string, ...args: string[]): Promise<{ code: number; said: string }> {
  const { child, said } = start(data, args);
  const [code] = (await once(child, 'close')) as [number];
  return { code, said: said() };
}

/** Starts the control plane of a data folder; returns what signs in to it. */
async function up(data: string) {
  const { child, said } = start(data);
  await vi.waitFor(() => {
    if (child.exitCode !== null) throw new Error(said());
    expect(said()).toContain('Ctrl-C stops everything');
  }, 60_000);
  const baseUrl = /Console\s+(http:\S+)/.exec(said())![1]!;
  const client = (token?: string) =>
    createClient(
      IdentityService,
      createConnectTransport({
        baseUrl,
        httpVersion: '1.1',
        interceptors: [
          (next) => (request) => {
            if (token) request.header.set('authorization', `Bearer ${token}`);
            return next(request);
          },
        ],
      }),
    );
  return { said, client, stop: () => end(child) };
}

const signIn = (plane: Awaited<ReturnType<typeof up>>, secret = password) =>
  plane.client().signIn({ email, password: secret, withToken: true });

const epochOf = async (data: string) =>
  BigInt(/^epoch\s+(\d+)/m.exec((await control(data, 'status')).said)![1]!);

it('backs up a control plane that runs, to a file for its owner alone', async () => {
  const plane = await up(first);
  const [, mail, firstPassword] = /First login\s+(\S+)\s+(\S+)/.exec(plane.said())!;
  email = mail!;
  const { sessionToken } = await signIn(plane, firstPassword);
  await plane.client(sessionToken).changePassword({ currentPassword: firstPassword!, newPassword: password });

  const { code, said } = await control(first, 'backup', backup);
  expect({ code, said }).toEqual({ code: 0, said: expect.stringMatching(/epoch 1\n.*as secret/s) as string });
  expect((await stat(backup)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).not.toContain('backup.partial');

  const again = await control(first, 'backup', backup);
  expect(again).toMatchObject({ code: 1, said: expect.stringContaining('choose another name') as string });
  const status = await control(first, 'status');
  expect(status.said).toMatch(/running\s+yes/);
  expect(status.said).toMatch(/last backup\s+20/);
});

it('tells how it is, and of its backups', async () => {
  const plane = await up(first);
  const url = /Console\s+(http:\S+)/.exec(plane.said())![1]!;
  const get = async (path: string) => (await fetch(`${url}${path}`)).text();
  expect(await get('/readyz')).toBe('ready\n');
  expect(JSON.parse(await get('/version'))).toEqual({
    version: expect.stringMatching(/^\d+\.\d+/) as string,
  });
  const metrics = await get('/metrics');
  for (const name of [
    /^ostler_backup_age_seconds\{backup="last"\} \d/m,
    /^ostler_certificate_seconds\{certificate="root"\} \d/m,
    /^ostler_lanes\{lane="control"\} 0$/m,
    /^ostler_agents_connected 0$/m,
    /^ostler_hellos_total\{outcome="let_in"\} 0$/m,
    /^ostler_db_connections \d/m,
    /^nodejs_eventloop_lag_seconds /m,
    /^ostler_manifest_compile_seconds_count/m,
  ])
    expect(metrics).toMatch(name);
});

it('refuses to restore over a control plane, and over one that runs whatever is said', async () => {
  const refused = await control(first, 'restore', backup);
  expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('--replace') as string });
  await up(first);
  const beside = await control(first, 'restore', backup, '--replace');
  expect(beside).toMatchObject({
    code: 1,
    said: expect.stringContaining('another process serves') as string,
  });
});

it('restores onto another machine: everybody signs in as before, in a higher epoch', async () => {
  const other = await dataFolder('other');
  expect(await control(other, 'restore', backup)).toMatchObject({ code: 0 });
  expect(await epochOf(other)).toBeGreaterThan(1_700_000_000n);
  const plane = await up(other);
  expect(plane.said()).not.toContain('First login');
  expect((await signIn(plane)).person?.email).toBe(email);
});

it('keeps what it replaces', async () => {
  const { code, said } = await control(first, 'restore', backup, '--replace');
  expect({ code, said }).toEqual({
    code: 0,
    said: expect.stringMatching(/kept in \S+before-restore-/) as string,
  });
  const kept = /kept in (\S+)/.exec(said)![1]!;
  expect((await readdir(kept)).sort()).toContain('postgresql');
  expect((await signIn(await up(first))).person?.email).toBe(email);
});

it('is no control plane while a restore of it was cut off, until it is restored again', async () => {
  const half = await dataFolder('half');
  const { child } = start(half, ['restore', backup]);
  await vi.waitFor(async () => expect(await readdir(half)).toContain('restore-unfinished'), 60_000);
  child.kill('SIGKILL');
  await once(child, 'close');
  const refused = await control(half);
  expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('was cut off') as string });
  expect(await control(half, 'restore', backup, '--replace')).toMatchObject({ code: 0 });
  expect((await signIn(await up(half))).person?.email).toBe(email);
});

it('is never of the epoch of an earlier restore of the same backup', async () => {
  const before = await epochOf(first);
  await control(first, 'restore', backup, '--replace');
  expect(await epochOf(first)).toBeGreaterThan(before);
});

it('is encrypted with a passphrase that is asked for at the restore', async () => {
  const sealed = join(folder, 'sealed');
  const passphrase = join(folder, 'passphrase');
  await writeFile(passphrase, 'twelve words or more\n', { mode: 0o600 });
  const done = await control(first, 'backup', sealed, '--passphrase-file', passphrase);
  expect(done).toMatchObject({ code: 0, said: expect.not.stringContaining('as secret') as string });
  const target = await dataFolder('sealed-data');
  expect((await control(target, 'restore', sealed)).said).toContain('encrypted');
  expect(await control(target, 'restore', sealed, '--passphrase-file', passphrase)).toMatchObject({
    code: 0,
  });
});

it('touches nothing for a backup that is not whole', async () => {
  const target = await dataFolder('untouched');
  const { size } = await stat(backup);
  await truncate(backup, size - 1);
  const refused = await control(target, 'restore', backup);
  expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('damaged') as string });
  expect(await readdir(target)).toEqual([]);
});

it('moves a database of an older PostgreSQL to the one of this version, and nothing is lost', async () => {
  const older = await dataFolder('older');
  await up(first);
  const current = await readFile(join(first, 'database-url'), 'utf8');
  await leaveOlderCluster(older, async ({ user, password: secret, host, port, database }) => {
    await copyDatabase(current, `postgres://${user}:${secret}@${host}:${port}/${database}`);
  });
  await copyFile(join(first, 'master.key'), join(older, 'master.key'));
  const epoch = await epochOf(first);

  const refused = await control(older);
  expect(refused).toMatchObject({ code: 1, said: expect.stringContaining('upgrade-database') as string });
  const done = await control(older, 'upgrade-database', '--binaries', postgres17);
  expect(done).toMatchObject({
    code: 0,
    said: expect.stringContaining('PostgreSQL 17 has become 18') as string,
  });
  expect(await epochOf(older)).toBe(epoch);
  const plane = await up(older);
  expect((await signIn(plane)).person?.email).toBe(email);
  await plane.stop();
  expect((await control(older, 'upgrade-database', '--forget-old')).said).toMatch(/removed \S+17/);
  expect((await control(older, 'upgrade-database')).said).toContain('no database of an older');
});

it('raises the epoch when two control planes claim the same servers', async () => {
  const before = await epochOf(first);
  expect(await control(first, 'raise-epoch', '--above', String(before + 1_000_000n))).toMatchObject({
    code: 0,
  });
  expect(await epochOf(first)).toBe(before + 1_000_001n);
});

it.each([
  ['backup'],
  ['restore', 'a', '--force'],
  ['nonsense'],
  ['authority'],
  ['raise-epoch', '--above', 'x'],
  ['backup', 'a', 'b'],
])('says what is wrong with %s %s', async (...args) => {
  const { code, said } = await control(first, ...args);
  expect(code).not.toBe(0);
  expect(said).not.toMatch(/^\s+at /m);
});
