import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperationReport_State as State } from '@ostler/contracts';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SWEEP, type SweepInput, type SweepResult } from '../testing/sweep-scenario';
import { FAILPOINTS, type FailpointName } from './registry';

// Each case starts two agents and an nginx, beside whatever else this machine does.
vi.setConfig({ testTimeout: 120_000 });

const POINTS = Object.keys(FAILPOINTS) as FailpointName[];
/** Steps of a certificate that a kill must not break in its renewal either, when an old one is in use. */
const RENEWALS = (['order-noted', 'issued', 'staged', 'linked', 'stored'] as const).map(
  (step) => `certificate.${step}:2`,
);
const visited = new Set<FailpointName>();
let program: string;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-sweep-'));
  // Workers of the private nginx run as another user and must get through.
  await chmod(folder, 0o755);
  program = join(folder, 'sweep-agent.cjs');
  const input = join(import.meta.dirname, '../testing/sweep-agent.fixture.ts');
  const tsconfig = join(import.meta.dirname, '../../tsconfig.json');
  const bundle = await rolldown({ input, platform: 'node', tsconfig, onLog: () => undefined });
  await bundle.write({ file: program, format: 'cjs', codeSplitting: false });
});

afterAll(async () => {
  for (const name of await readdir(folder)) await endNginx(join(folder, name, 'nginx/private/nginx.pid'));
  await rm(folder, { recursive: true, force: true });
});

/** What a failed case left behind. */
async function endNginx(pidFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (pid > 0 && existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGTERM');
}

/** Plays the scenario in a process of its own; how that ended. */
async function play(name: string, failpoint?: string): Promise<{ signal: string | null; said: string }> {
  const state = join(folder, name);
  const input: SweepInput = {
    state,
    result: `${state}.json`,
    failpoint,
    deafReload: name === 'nginx.rolled-back',
  };
  await writeFile(`${state}.input`, JSON.stringify(input));
  const child = spawn(process.execPath, [program, `${state}.input`], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => (said += piece.toString()));
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { signal, said };
}

async function resultOf(name: string, said: string): Promise<SweepResult> {
  if (!existsSync(join(folder, `${name}.json`))) throw new Error(`no result; the agent said:\n${said}`);
  return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as SweepResult;
}

function expectWhole(result: SweepResult): void {
  const { a, b, certificate } = SWEEP.uids;
  const { noop, diagnose, test: tested } = SWEEP.operations;
  expect(result.revision).toBe('3');
  expect([...result.held].sort()).toEqual([a, b, certificate]);
  expect(result.served).toEqual({
    'a.test': 'third',
    'b.test': 'from the release',
    'doomed.test': 'nothing',
  });
  const bad = Object.entries(result.ready).filter(([, text]) => text !== 'removed' && !text.startsWith('1 '));
  expect(bad).toEqual([]);
  expect(result.operations[noop]).toBe(State.SUCCEEDED);
  expect(result.operations[diagnose]).toBe(State.SUCCEEDED);
  expect([State.SUCCEEDED, State.INTERRUPTED]).toContain(result.operations[tested]);
  expect(result.unacknowledged).toBe(0);
  expectRenewed(result);
}

function expectRenewed({ certificate }: SweepResult): void {
  const { isRenewed, orders, counted, folders } = certificate;
  expect(isRenewed).toBe(true);
  // No order that the authority counted is forgotten, and a kill costs one more at most.
  expect(orders).toBeLessThanOrEqual(counted);
  expect(orders).toBeLessThanOrEqual(3);
  expect(folders).toBeLessThanOrEqual(2);
}

describe('an agent that is killed', () => {
  test('nowhere ends with everything in place', async () => {
    const { said } = await play('whole');
    const result = await resultOf('whole', said);
    expectWhole(result);
    expect(result.operations[SWEEP.operations.test]).toBe(State.SUCCEEDED);
    expect(result.output).toContain('== Capabilities');
  });

  test.concurrent.each(POINTS)('at %s is whole again after its next start', async (point) => {
    const killed = await play(point, point);
    expect(killed.signal, `not reached; the agent said:\n${killed.said}`).toBe('SIGKILL');
    visited.add(point);
    const { said } = await play(point);
    expectWhole(await resultOf(point, said));
  });

  test.concurrent.each(RENEWALS)('at %s, in a renewal, has the new certificate afterwards', async (point) => {
    // nginx would read a colon in the path of its folder as the end of a name.
    const name = point.replace(':', '-');
    const killed = await play(name, point);
    expect(killed.signal, `not reached; the agent said:\n${killed.said}`).toBe('SIGKILL');
    const { said } = await play(name);
    // The operations had ended before and were forgotten: they are not begun again.
    const result = await resultOf(name, said);
    expect(result.served['a.test']).toBe('third');
    expectRenewed(result);
  });

  test('was killed at every registered point', () => {
    expect([...visited].sort()).toEqual([...POINTS].sort());
    process.stdout.write(`failpoints: ${visited.size} of ${POINTS.length} visited\n`);
  });
});
