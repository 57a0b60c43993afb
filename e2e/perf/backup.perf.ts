import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Crowd } from '../crowd/crowd';
import { type OstlerProcess, startOstler, waitFor } from '../harness';
import { atMost, type Row, writeSection } from './report';
import { runProgramWith } from './run-program';
import { apply, textSite } from './sites';
import { duration } from './statistics';

const SERVERS = 1_000;
const SITES = 10_000;
const PER_CALL = 500;
/** As much of a page as a small site of one has. */
const BODY = 'words that a page is made of, '.repeat(60);
const LIMIT_MS = 60_000;

const program = join(import.meta.dirname, '../../apps/control-plane/dist/main.js');
let control: OstlerProcess;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-backup-'));
  control = await startOstler();
  const ostler = await control.signIn();
  const names = Array.from({ length: SERVERS }, (_, index) => `server-${index}`);
  const crowd = await Crowd.open(1);
  try {
    await crowd.join(ostler, names);
  } finally {
    await crowd.close();
  }
  for (let first = 0; first < SITES; first += PER_CALL) {
    const numbers = Array.from({ length: PER_CALL }, (_, index) => first + index);
    const sites = numbers.map((number) =>
      textSite(`site-${number}`, names[number % SERVERS]!, `${number} ${BODY}`),
    );
    await apply(ostler, sites);
  }
  await waitFor('every manifest is compiled', () => everyManifest(ostler, names));
}, 900_000);

afterAll(async () => {
  await control?.stop();
  await control?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function everyManifest(ostler: Ostler, names: readonly string[]): Promise<boolean> {
  const { server } = await ostler.fleet.getServer({ name: names.at(-1)! });
  return (server?.revision ?? 0n) > 0n;
}

/** The program as an operator runs it; returns the milliseconds from its start to its end. */
async function timed(data: string, ...args: string[]): Promise<number> {
  const began = performance.now();
  const env = { PATH: process.env['PATH'], OSTLER_DATA: data };
  await runProgramWith(env, process.execPath, [program, ...args], 300_000);
  return performance.now() - began;
}

test('a backup while it runs, and its restore', async () => {
  const backup = join(folder, 'backup');
  const target = join(folder, 'data');
  await mkdir(target, { mode: 0o755 });
  await runProgramWith(process.env, '/bin/chmod', ['755', folder]);
  const backupMs = await timed(control.dataFolder, 'backup', backup);
  const restoreMs = await timed(target, 'restore', backup);
  const { size } = await stat(backup);

  const restored = await startOstler({ dataFolder: target });
  const startMs = restored.startedInMs;
  await restored.stop();

  const rows: Row[] = [
    {
      what: 'backup, beside a running control plane',
      measured: duration(backupMs),
      beside: atMost(LIMIT_MS, backupMs, duration),
    },
    {
      what: 'restore into an empty folder, with initdb',
      measured: duration(restoreMs),
      beside: atMost(LIMIT_MS, restoreMs, duration),
    },
    { what: 'first start after it', measured: duration(startMs), beside: '' },
    { what: 'size of the file', measured: `${(size / 1024 ** 2).toFixed(1)} MiB`, beside: '' },
  ];
  writeSection(
    'Backup and restore',
    `\`pnpm bench:backup\`: ${SERVERS} servers, ${SITES} sites of ${Math.round(BODY.length / 1024)} KiB; whole programs, from their start to their end.`,
    rows,
  );
  expect(backupMs).toBeLessThan(LIMIT_MS);
  expect(restoreMs).toBeLessThan(LIMIT_MS);
}, 900_000);
