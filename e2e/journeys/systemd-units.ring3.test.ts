import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { bootServer, closeTestNetwork, type TestServer } from '../harness';

let server: TestServer;
let folder: string;
let mounted: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-units-'));
  const input = join(import.meta.dirname, '../../apps/agent/src/host/exec/units-probe.fixture.ts');
  const bundle = await rolldown({ input, platform: 'node', onLog: () => undefined });
  await bundle.write({ file: join(folder, 'probe.cjs'), format: 'cjs', codeSplitting: false });
  await copyFile(process.execPath, join(folder, 'node'));
  await chmod(join(folder, 'node'), 0o755);
  server = await bootServer({ name: 'units' });
  mounted = await server.mountDirectory(folder);
});

afterAll(async () => {
  await closeTestNetwork();
  await rm(folder, { recursive: true, force: true });
});

/** Each call is a process of its own, as an agent that was restarted is. */
async function units(...args: string[]): Promise<{ state: string; exitCode?: number }> {
  return JSON.parse(await server.run([`${mounted}/node`, `${mounted}/probe.cjs`, ...args])) as {
    state: string;
  };
}

const ended = (name: string) =>
  vi.waitFor(
    async () => {
      const seen = await units('state', name);
      expect(seen.state).toBe('ended');
      return seen;
    },
    { timeout: 60_000, interval: 300 },
  );

test('a unit that ends well says so until it is released, and is not started twice', async () => {
  const name = 'ostler-op-1-well.service';
  const args = ['/usr/bin/printenv', 'GREETING'];
  expect(await units('state', name)).toEqual({ state: 'absent' });
  await units('start', name, '/root/well', '20000', ...args);
  expect(await ended(name)).toEqual({ state: 'ended', exitCode: 0 });
  await units('start', name, '/root/well', '20000', ...args);
  expect(await server.readFile('/root/well')).toBe('hi\n');
  expect((await server.run(['stat', '-c', '%a', '/root/well'])).trim()).toBe('600');
  expect(await units('release', name)).toEqual({ state: 'absent' });
});

test('those of operations are listed while they are there, as a started agent looks for them', async () => {
  const names = async () =>
    JSON.parse(await server.run([`${mounted}/node`, `${mounted}/probe.cjs`, 'list'])) as string[];
  const [done, failed] = ['ostler-op-6-done.service', 'ostler-op-7-failed.service'];
  await units('start', done, '/root/done', '20000', '/usr/bin/true');
  await units('start', failed, '/root/failed', '20000', '/usr/bin/false');
  await Promise.all([ended(done), ended(failed)]);
  expect((await names()).sort()).toEqual([done, failed]);
  for (const name of [done, failed]) await units('release', name);
  expect(await names()).toEqual([]);
});

test('a unit that fails says with what, and arguments arrive as they are', async () => {
  const name = 'ostler-op-2-fail.service';
  await units('start', name, '/root/fail', '20000', '/usr/bin/ls', '--', '/no/$HOME %n ${A}');
  expect(await ended(name)).toEqual({ state: 'ended', exitCode: 2 });
  expect(await server.readFile('/root/fail')).toContain('/no/$HOME %n ${A}');
  expect(await units('release', name)).toEqual({ state: 'absent' });
});

test('a unit outlives who started it, and ends with its whole tree when it is stopped', async () => {
  const name = 'ostler-op-3-tree.service';
  await units('start', name, '/root/tree', '120000', '/usr/bin/setsid', '--wait', '/usr/bin/sleep', '98765');
  expect(await units('state', name)).toEqual({ state: 'running' });
  expect((await server.exec(['pgrep', '-f', 'sleep 98765'])).code).toBe(0);
  expect((await units('stop', name)).state).not.toBe('running');
  expect((await server.exec(['pgrep', '-f', 'sleep 98765'])).code).toBe(1);
  expect(await units('release', name)).toEqual({ state: 'absent' });
});

test('a unit that takes too long is ended', async () => {
  const name = 'ostler-op-4-late.service';
  await units('start', name, '/root/late', '1000', '/usr/bin/sleep', '98766');
  expect((await ended(name)).exitCode).not.toBe(0);
  expect(await units('release', name)).toEqual({ state: 'absent' });
});

test('a unit whose program is not there fails at its start', async () => {
  const name = 'ostler-op-5-none.service';
  const { code, stderr } = await server.exec([
    `${mounted}/node`,
    `${mounted}/probe.cjs`,
    'start',
    name,
    '/root/none',
    '1000',
    '/no/such',
  ]);
  expect({ code, said: stderr.includes('systemd-run') }).toEqual({ code: 1, said: true });
});
