import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { bootServer, closeTestNetwork } from '../../e2e/harness';
import type { TestServer } from '../../e2e/harness';
import { makeAgentPackage } from './make-package.ts';
import type { AgentPackage } from './make-package.ts';

// The package, the installer and the unit's sandbox on a real server, with a probe in the agent's place.

let output: string;
let made: AgentPackage;
let server: TestServer;
let mounted: string;

beforeAll(async () => {
  output = await mkdtemp(join(tmpdir(), 'ostler-agent-package-'));
  made = await makeAgentPackage(output, join(import.meta.dirname, 'probe-agent.fixture.cjs'));
  server = await bootServer({ name: 'package', memoryMiB: 1024 });
  mounted = await server.mountDirectory(made.folder);
  await server.writeFile('/root/probe', 'x');
});

afterAll(async () => {
  await closeTestNetwork();
  await rm(output, { recursive: true });
});

const mainPid = async () =>
  Number(await server.run(['systemctl', 'show', '--property=MainPID', '--value', 'ostler-agent']));

it('only installs when it is told no control plane', async () => {
  await server.run(['sh', `${mounted}/install.sh`, '--install-only']);
  expect((await server.exec(['systemctl', 'is-enabled', 'ostler-agent'])).stdout.trim()).toBe('disabled');
  expect((await server.run(['readlink', '/opt/ostler-agent/current'])).trim()).toBe(made.version);
});

it('has a unit that systemd understands to the last line', async () => {
  const unit = '/etc/systemd/system/ostler-agent.service';
  const { code, stdout, stderr } = await server.exec(['systemd-analyze', 'verify', unit]);
  expect({ code, said: `${stdout}${stderr}` }).toEqual({ code: 0, said: '' });
});

it('joins, then starts at once and at each boot', async () => {
  await server.run(['ostler-agent', 'join', '--control', 'https://cp', '--token', 't']);
  await server.waitForUnit('ostler-agent.service');
  expect(await server.readFile('/var/lib/ostler-agent-joined')).toBe('--control https://cp --token t');
  expect((await server.run(['systemctl', 'is-enabled', 'ostler-agent'])).trim()).toBe('enabled');
});

it('lets the agent do its work, and keeps accidents inside', async () => {
  const read = async () => JSON.parse(await server.readFile('/var/lib/ostler-agent/outcomes.json')) as object;
  expect(await vi.waitFor(read, { timeout: 60_000, interval: 500 })).toEqual({
    'write nginx configuration': 'well',
    'write own state': 'well',
    'test nginx in a transient unit': 'well',
    'write to the system from a transient unit': 'well',
    'see whose binary a process runs': 'well',
    'tell nginx to reload': 'well',
    'read under home': 'well',
    'connect to port 80': 'well',
    'listen on a privileged port': 'well',
    'write to /usr': 'EROFS',
    'write to /etc': 'EROFS',
    'write under home': 'EROFS',
  });
});

it('runs with the memory limits that it was measured with', async () => {
  const commandLine = await server.readFile(`/proc/${await mainPid()}/cmdline`);
  expect(commandLine.split('\0')).toContain('--max-old-space-size=32');
  const limits = await server.run([
    'systemctl',
    'show',
    '--property=MemoryMax,OOMScoreAdjust',
    'ostler-agent',
  ]);
  expect(limits.trim().split('\n').sort()).toEqual([`MemoryMax=${256 * 1024 * 1024}`, 'OOMScoreAdjust=-500']);
});

it('comes back when it is killed', async () => {
  const killed = await mainPid();
  await server.run(['kill', '-9', String(killed)]);
  await vi.waitFor(async () => expect([0, killed]).not.toContain(await mainPid()), {
    timeout: 30_000,
    interval: 500,
  });
});

it('is installed and joined again without harm', async () => {
  const before = await mainPid();
  const join = ['--control', 'https://other', '--token', 't'];
  await server.run(['sh', `${mounted}/install.sh`, ...join]);
  await server.waitForUnit('ostler-agent.service');
  expect(await mainPid()).not.toBe(before);
  expect(await server.readFile('/var/lib/ostler-agent-joined')).toBe('--control https://other');
  const versions = (await server.run(['ls', '/opt/ostler-agent'])).trim().split('\n').sort();
  expect(versions.filter((name) => !name.startsWith('.'))).toEqual([made.version, 'current']);
});
