import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Role } from '@ostler/contracts';
import { newRequestId } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type OstlerProcess, startOstler } from '../harness';
import { atMost, type Row, writeSection } from './report';
import { runProgram, runProgramWith } from './run-program';
import { joinSleepingServers } from './sleeping-servers';
import { apply, textSite } from './sites';
import { duration, percentile, timeEach } from './statistics';

const SITES = 100;
const RUNS = 25;
const START_MS = 120;
const GET_MS = 250;

const root = join(import.meta.dirname, '../..');
const inParts = join(root, 'apps/cli/dist/main.js');
const inOneFile = join(root, 'dist/ostler.cjs');

let control: OstlerProcess;
let folder: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  await runProgram('sh', [join(root, 'deploy/cli/make-package.sh')], 120_000);
  control = await startOstler();
  const ostler = await control.signIn();
  await joinSleepingServers(ostler, ['cli-1']);
  await apply(
    ostler,
    Array.from({ length: SITES }, (_, number) => textSite(`site-${number}`, 'cli-1', `page ${number}`)),
  );
  const wish = { requestId: newRequestId(), name: 'bench', role: Role.VIEWER };
  const { token } = await ostler.identity.createApiToken(wish);
  folder = await mkdtemp(join(tmpdir(), 'ostler-cli-'));
  environment = {
    PATH: process.env['PATH'],
    HOME: folder,
    OSTLER_URL: control.url,
    OSTLER_TOKEN: token,
  };
}, 300_000);

afterAll(async () => {
  await control?.stop();
  await control?.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Whole runs, from the start of the process to its end; the first one, which compiles, is not counted. */
async function timesOf(...line: readonly string[]): Promise<number[]> {
  const run = (): Promise<string> => runProgramWith(environment, process.execPath, line);
  await run();
  return timeEach(RUNS, run);
}

test('a command is over before one notices', async () => {
  expect(
    (await runProgramWith(environment, process.execPath, [inParts, 'get', 'sites'])).split('\n').length,
  ).toBe(SITES + 2);
  const show = (times: readonly number[]): string =>
    `${duration(percentile(times, 0.5))}, p95 ${duration(percentile(times, 0.95))}`;
  const row = (what: string, times: readonly number[], limitMs: number): Row => ({
    what,
    measured: show(times),
    beside: atMost(limitMs, percentile(times, 0.5), duration),
  });
  const nothing = await timesOf('-e', '0');
  const beside = `Node with nothing to do ${show(nothing)}`;
  const rows: Row[] = [
    row('`ostler --version`: the start of the program', await timesOf(inParts, '--version'), START_MS),
    row('`ostler contexts`: with a command, without a call', await timesOf(inParts, 'contexts'), START_MS),
    row(`\`ostler get sites\`, ${SITES} of them`, await timesOf(inParts, 'get', 'sites'), GET_MS),
    row('the same with the program in one file', await timesOf(inOneFile, 'get', 'sites'), GET_MS),
    { what: '`ostler --help`: every command', measured: show(await timesOf(inParts, '--help')), beside },
  ];
  writeSection(
    'The command line',
    `Medians of ${RUNS} whole runs, one after another: \`pnpm bench:cli\`.`,
    rows,
  );
}, 300_000);
