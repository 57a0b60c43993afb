import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { waitFor } from '../harness';
import { freePorts } from './free-ports';
import { pageOf } from './page';
import { atMost, type Row, writeSection } from './report';
import { runProgram } from './run-program';
import { duration } from './statistics';

const repository = join(import.meta.dirname, '../..');
const START_TIMEOUT_MS = 300_000;

let folder: string;
const rows: Row[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-clone-'));
  // The database's own user passes through to its data.
  await chmod(folder, 0o711);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** One person's machine: a home with its caches, shared by the clones made on it. */
interface Home {
  readonly name: string;
  readonly path: string;
  readonly clone: string;
  readonly data: string;
}

async function newClone(name: string, home = join(folder, name, 'home')): Promise<Home> {
  await mkdir(home, { recursive: true });
  return { name, path: home, clone: join(folder, name, 'ostler'), data: join(folder, name, 'data') };
}

interface Running {
  readonly output: () => string;
  readonly stop: () => Promise<void>;
}

/** Types `npm start` in a clone, and resolves when it says the words. */
async function start({ clone, data, path }: Home, words: string): Promise<Running> {
  const [http, publicPort, agent] = await freePorts(3);
  const child = spawn('npm', ['start'], {
    cwd: clone,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: path,
      OSTLER_CACHE: join(path, '.cache/ostler'),
      OSTLER_DATA: data,
      OSTLER_HTTP_PORT: String(http),
      OSTLER_PUBLIC_PORT: String(publicPort),
      OSTLER_AGENT_PORT: String(agent),
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => (output += piece.toString()));
  const stop = () => pressCtrlC(child);
  try {
    await waitFor(
      words,
      () => {
        if (output.includes(words)) return true;
        if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}`);
        return false;
      },
      { timeoutMs: START_TIMEOUT_MS, intervalMs: 20 },
    );
  } catch (error) {
    await stop();
    throw new Error(output, { cause: error });
  }
  return { output: () => output, stop };
}

async function pressCtrlC(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGINT');
  await ended;
}

async function firstSite(output: string): Promise<void> {
  const url = new URL(/Example site\s+(http:\S+)/.exec(output)?.[1] ?? '');
  const page = await pageOf({ host: '127.0.0.1', port: Number(url.port || 80) }, url.hostname);
  expect(page).toMatchObject({ status: 200, body: expect.stringMatching(/hello/i) });
}

/** From `git clone` to the example site on the screen of whoever follows its link. */
async function cloneToSite(home: Home): Promise<{ milliseconds: number; steps: string }> {
  const began = performance.now();
  await runProgram('git', ['clone', '--quiet', repository, home.clone], 60_000);
  const running = await start(home, 'Example site  http');
  try {
    await firstSite(running.output());
    const milliseconds = performance.now() - began;
    const steps = [...running.output().matchAll(/^ostler: (.*) \((\d+) s\)$/gm)];
    return { milliseconds, steps: steps.map(([, what, seconds]) => `${what} ${seconds} s`).join(', ') };
  } finally {
    await running.stop();
  }
}

test('from a clone to the first site, and started once more', async () => {
  const first = await newClone('first');
  const empty = await cloneToSite(first);
  const second = await newClone('second', first.path);
  const warm = await cloneToSite(second);
  const began = performance.now();
  const again = await start(second, 'Ctrl-C stops everything');
  const restart = performance.now() - began;
  await again.stop();
  rows.push(
    {
      what: 'clone to first site, empty caches',
      measured: `${duration(empty.milliseconds)} (${empty.steps})`,
      beside: atMost(120_000, empty.milliseconds, duration),
    },
    {
      what: 'clone to first site, warm package caches',
      measured: `${duration(warm.milliseconds)} (${warm.steps})`,
      beside: atMost(30_000, warm.milliseconds, duration),
    },
    {
      what: 'second start, to its greeting',
      measured: duration(restart),
      beside: atMost(5000, restart, duration),
    },
  );
  writeSection(
    'From a clone to the first site',
    '`pnpm bench:clone`. `git clone` from the disk, then `npm start` with a home folder of its own: Node, pnpm and packages come from the npm registry the first time, from the caches of that home the second time. Until the example site answers at the link that is printed. Then the second clone is stopped and started once more.',
    rows,
  );
});
