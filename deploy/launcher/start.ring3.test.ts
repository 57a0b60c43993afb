import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';

// `npm start` as a person types it, with a data folder of its own: what it says, what it starts, and that
// nothing is left of it. The tests build on one another, as the starts of one machine do.

const root = join(import.meta.dirname, '../..');
const patience = { timeout: 60_000, interval: 100 };

let dataFolder: string;
let running: ChildProcess | undefined;
let said: string;
let ports: Record<string, string>;

beforeAll(async () => {
  // With a space, as folders of people have.
  dataFolder = await mkdtemp(join(tmpdir(), 'ostler start '));
  await chmod(dataFolder, 0o711);
});

beforeEach(async () => {
  said = '';
  const free = await freePorts(3);
  ports = {
    OSTLER_HTTP_PORT: String(free[0]),
    OSTLER_PUBLIC_PORT: String(free[1]),
    OSTLER_AGENT_PORT: String(free[2]),
  };
});

afterEach(() => pressCtrlC());

afterAll(async () => {
  for (const pid of processesOfThisMachine()) process.kill(pid, 'SIGKILL');
  await rm(dataFolder, { recursive: true });
});

async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(probes.map((probe) => once(probe, 'listening')));
  const found = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => once(probe.close(), 'close')));
  return found;
}

/** Types `npm start` and waits until it says that it runs. */
async function start(): Promise<ChildProcess> {
  const env = { ...process.env, ...ports, OSTLER_DATA: dataFolder };
  // A group of its own, as a terminal gives to each command.
  running = spawn('npm', ['start'], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const hear = (piece: Buffer) => void (said += piece.toString());
  running.stdout?.on('data', hear);
  running.stderr?.on('data', hear);
  await heard('Ctrl-C stops everything');
  return running;
}

async function heard(words: string): Promise<void> {
  await vi.waitFor(() => {
    if (running?.exitCode !== null) throw new Error(`npm start has ended: ${said}`);
    expect(said).toContain(words);
  }, patience);
}

/** A terminal sends the signal to everybody in the foreground; npm passes it on once more. */
async function pressCtrlC(): Promise<void> {
  const ending = running;
  running = undefined;
  if (ending?.pid === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
  const ended = once(ending, 'exit');
  process.kill(-ending.pid, 'SIGINT');
  await ended;
}

/** Everything that works with this data folder, by working folder, arguments or environment. */
function processesOfThisMachine(): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.filter((pid) => traces(pid).some((trace) => trace.includes(dataFolder))).map(Number);
}

function traces(pid: string): string[] {
  const reads = [
    () => readlinkSync(`/proc/${pid}/cwd`),
    () => readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    () => readFileSync(`/proc/${pid}/environ`, 'utf8'),
  ];
  return reads.map((read) => {
    try {
      return read();
    } catch {
      return '';
    }
  });
}

const named = (part: string) =>
  processesOfThisMachine().filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(part));

/** As a browser does it, which takes every name below localhost for this machine; the system's resolver may not. */
async function pageOnThisMachine({ host, port, pathname }: URL): Promise<string> {
  const request = get({ host: '127.0.0.1', port: port || 80, path: pathname, headers: { host } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return text(response);
}

const consoleUrl = () => `http://localhost:${ports['OSTLER_HTTP_PORT']}`;

it('ends with the console, the first login, the join command and the example site', async () => {
  await start();
  expect(said).toContain(consoleUrl());
  expect(said).toMatch(/First login {3}\S+@\S+ {3}\S{12,}/);
  expect(said).toContain('--token');
  expect((await fetch(consoleUrl())).status).toBe(200);
  await heard('Example site  http');
  const link = new URL(/Example site {2}(\S+)/.exec(said)?.[1] ?? '');
  expect(await pageOnThisMachine(link)).toMatch(/hello/i);
});

it('leaves no process behind at Ctrl-C', async () => {
  await start();
  expect(named('agent.cjs')).toHaveLength(1);
  expect(named('postgres').length).toBeGreaterThan(0);
  await pressCtrlC();
  expect(processesOfThisMachine()).toEqual([]);
});

it('has all its data at the second start and shows no password again', async () => {
  await start();
  expect(said).not.toContain('First login');
  expect(said).not.toContain('Example site');
});

it('says that a port is taken and takes the next one', async () => {
  const other = createServer().listen(Number(ports['OSTLER_HTTP_PORT']), '127.0.0.1');
  await once(other, 'listening');
  await start();
  expect(said).toContain(`Port ${ports['OSTLER_HTTP_PORT']} is taken, using`);
  other.close();
});

it('takes over the database that a killed control plane left behind', async () => {
  const npm = await start();
  const postgres = named('bin/postgres')[0];
  const [controlPlane] = named('apps/control-plane/dist/main.js');
  expect(controlPlane).toBeDefined();
  process.kill(controlPlane ?? 0, 'SIGKILL');
  await once(npm, 'exit');
  await vi.waitFor(() => expect(named('agent.cjs')).toEqual([]), patience);
  said = '';
  await start();
  expect(said).toContain('Took over the database that a killed process had left running');
  expect(named('bin/postgres')).toContain(postgres);
});
