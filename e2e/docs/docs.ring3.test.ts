import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { Kind, Role } from '@ostler/contracts';
import { newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { OWNER_PASSWORD, type OstlerProcess, startOstler, waitFor } from '../harness';
import { checkout, readPage, runPages } from './pages';
import { missingLine, type PageStep, readSteps } from './page-steps';
import { describeServedSite } from './site-as-served';

// The documentation as a control plane serves it, and its pages as a reader types them: their commands one after the other, in a folder with a link to the CLI, against
// a control plane that has joined this machine. The tutorial comes first, because it chooses the owner's password.

let control: OstlerProcess;
let home: string;
let owner: Ostler;
let token: string;
let server: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ostler-docs-'));
  control = await startOstler({ environment: { OSTLER_LOCAL_AGENT: 'on' } });
  await waitFor('the example site', () => Promise.resolve(control.output().includes('Example site  http')));
});

afterAll(async () => {
  await control?.stop();
  await control?.remove();
  await rm(home, { recursive: true, force: true });
});

interface Ran {
  readonly code: number | null;
  /** Both streams, in the order in which they came. */
  readonly output: string;
}

async function run(commands: string, folder: string): Promise<Ran> {
  const child = spawn('sh', ['-eu', '-c', `exec 2>&1\n${commands}`], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      HOME: home,
      // Node and pnpm of the launcher are found where they are, whatever the home of this reader is.
      OSTLER_CACHE:
        process.env['OSTLER_CACHE'] ?? join(process.env['HOME'] ?? '/root', '.cache/ostler/toolchain'),
      OSTLER_URL: control.url,
      OSTLER_CONFIG: join(home, 'cli.json'),
      OSTLER_PASSWORD: control.firstPassword,
      OSTLER_NEW_PASSWORD: OWNER_PASSWORD,
      TOKEN: token ?? '',
    },
  });
  let output = '';
  child.stdout.on('data', (piece: Buffer) => void (output += piece.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** The folder in which all steps of a page are typed. */
async function folderOf(page: string): Promise<string> {
  const folder = await mkdtemp(join(home, `${page.replaceAll(/\W/g, '-')}-`));
  await symlink(join(checkout, 'ostler'), join(folder, 'ostler'));
  return folder;
}

async function expectShown({ files, commands, shown }: PageStep, folder: string): Promise<void> {
  const own = (text: string): string => (server === undefined ? text : text.replaceAll('web-1', server));
  for (const { name, text } of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), own(text));
  }
  const { code, output } = await run(own(commands), folder);
  expect({ code, missing: missingLine(shown.map(own), output) }, output).toEqual({
    code: 0,
    missing: undefined,
  });
}

describe('docs/tutorial.md', async () => {
  let folder: string;
  const steps = readSteps(readPage('docs/tutorial.md'));
  const firstSite = readSteps(readPage('README.md'));
  beforeAll(async () => {
    folder = await folderOf('tutorial');
  });

  test('the pages have their steps', () => {
    expect(steps.length).toBeGreaterThan(12);
    expect(firstSite.length).toBeGreaterThan(0);
  });

  test.each(steps)('$title (line $line) does what the page shows', (step) => expectShown(step, folder));

  test.each(firstSite)('$title of the README (line $line) does what the page shows', (step) =>
    expectShown(step, folder),
  );
});

describe.each(runPages.filter((page) => readSteps(readPage(page)).length > 0))('%s', (page) => {
  let folder: string;
  beforeAll(async () => {
    folder = await folderOf(page);
    owner = await control.signIn();
    const { servers } = await owner.fleet.listServers({});
    server = servers[0]!.name;
    const request = { requestId: newRequestId(), name: 'reader', role: Role.OWNER };
    token ||= (await owner.identity.createApiToken(request)).token;
  });
  // The next page finds what the first start made, and nothing of this one.
  afterAll(removeResources);

  test.each(readSteps(readPage(page)))('$title (line $line) does what the page shows', (step) =>
    expectShown(step, folder),
  );
});

async function removeResources(): Promise<void> {
  // Sites first: they refer to certificates.
  for (const kind of [Kind.SITE, Kind.CERTIFICATE]) {
    for (const { meta } of await ownResources(kind)) {
      if (!meta || meta.deletedAt) continue;
      await owner.resources.delete({ requestId: newRequestId(), kind, name: meta.name });
    }
  }
  // Until the server has removed them, their domains are taken.
  await waitFor('the server has removed them', async () => (await ownResources(Kind.SITE)).length === 0);
}

async function ownResources(kind: Kind) {
  const { resources } = await owner.resources.list({ kind });
  return resources.filter(({ meta }) => meta?.name !== 'hello');
}

describeServedSite(() => control.url);
