import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { OWNER_PASSWORD, type OstlerProcess, startOstler, waitFor } from '../harness';
import { missingLine, readTutorial, type TutorialStep } from './tutorial-blocks';

// The tutorial as a newcomer types it: its commands one after the other, in a folder with a link to the CLI,
// against a control plane that has joined this machine.

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const stepsOf = async (page: string) => readTutorial(await readFile(join(checkout, page), 'utf8'));
const steps = await stepsOf('docs/tutorial.md');
const firstSite = await stepsOf('README.md');

let control: OstlerProcess;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-tutorial-'));
  await symlink(join(checkout, 'ostler'), join(folder, 'ostler'));
  control = await startOstler({ environment: { OSTLER_LOCAL_AGENT: 'on' } });
  await waitFor('the example site', () => Promise.resolve(control.output().includes('Example site  http')));
});

afterAll(async () => {
  await control?.stop();
  await control?.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number | null;
  /** Both streams, in the order in which they came. */
  readonly output: string;
}

async function run(commands: string): Promise<Ran> {
  const child = spawn('sh', ['-eu', '-c', `exec 2>&1\n${commands}`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      HOME: process.env['HOME'],
      OSTLER_URL: control.url,
      OSTLER_CONFIG: join(folder, 'cli.json'),
      OSTLER_PASSWORD: control.firstPassword,
      OSTLER_NEW_PASSWORD: OWNER_PASSWORD,
    },
  });
  let output = '';
  child.stdout.on('data', (piece: Buffer) => void (output += piece.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

async function expectShown({ commands, shown }: TutorialStep): Promise<void> {
  const { code, output } = await run(commands);
  expect({ code, missing: missingLine(shown, output) }, output).toEqual({ code: 0, missing: undefined });
}

test('the pages have their steps', () => {
  expect(steps.length).toBeGreaterThan(12);
  expect(firstSite.length).toBeGreaterThan(0);
});

test.each(steps)('$title (line $line) does what the page shows', expectShown);

test.each(firstSite)('$title of the README (line $line) does what the page shows', expectShown);
