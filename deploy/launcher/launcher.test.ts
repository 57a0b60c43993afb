import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

// The launcher alone, with programs that only note that they were called: what it does on a machine with
// an old Node, without a registry, twice at the same time, in a folder whose name has spaces.

const note = (name: string) => `#!/bin/sh\necho "${name} $*" >>"$CALLS"\n`;
const fakeNode = `${note('node')}case $1 in --version) echo v24.21.0 ;; -p) echo 24 ;; esac\n`;

/** Lays the two packages down where `npm install --prefix` would. */
const fakeNpm = `${note('npm')}
while [ "$1" != --prefix ]; do shift; done
modules=$2/node_modules
for arch in x64 arm64; do
  mkdir -p "$modules/node-linux-$arch/bin" "$modules/@pnpm/exe.linux-$arch"
  cp "$FAKES/node" "$modules/node-linux-$arch/bin/node"
  cp "$FAKES/pnpm" "$modules/@pnpm/exe.linux-$arch/pnpm"
done
`;

const manifests = [
  'package.json',
  'apps/a/package.json',
  'packages/b/package.json',
  'e2e/package.json',
  'deploy/tooling/c/package.json',
  'examples/d/package.json',
];

let folder: string;
let checkout: string;
let fakes: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler launcher '));
  checkout = join(folder, 'check out');
  fakes = join(folder, 'bin');
  await cp(import.meta.dirname, join(checkout, 'deploy/launcher'), { recursive: true });
  for (const file of manifests) {
    await write(join(checkout, file), '{}');
  }
  await write(join(checkout, 'pnpm-lock.yaml'), 'lock: 1');
  await write(join(checkout, 'pnpm-workspace.yaml'), '');
  await write(join(checkout, 'node_modules/.bin/turbo'), note('turbo'));
  await write(join(fakes, 'npm'), fakeNpm);
  await write(join(fakes, 'node'), fakeNode);
  await write(join(fakes, 'pnpm'), note('pnpm'));
});

afterEach(() => rm(folder, { recursive: true }));

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  if (text.startsWith('#!')) await chmod(file, 0o755);
}

interface Outcome {
  readonly code: number;
  readonly said: string;
  readonly printed: string;
}

/** Does what the launchers begin with. */
function launch(): Promise<Outcome> {
  const script = `OSTLER_ROOT=$1; . "$1/deploy/launcher/bootstrap.sh"; ensure_toolchain; ensure_packages; ensure_build; say done`;
  return run(['-c', script, 'sh', checkout]);
}

function run(argv: string[]): Promise<Outcome> {
  const env = {
    PATH: `${fakes}:/usr/bin:/bin`,
    HOME: folder,
    CALLS: join(folder, 'calls'),
    FAKES: fakes,
    OSTLER_CACHE: join(folder, 'tool chain'),
  };
  return new Promise((settle) => {
    execFile('/bin/sh', argv, { env }, (error, printed, said) =>
      settle({ code: error ? Number(error.code) : 0, said, printed }),
    );
  });
}

async function calls(pattern: RegExp): Promise<number> {
  const lines = await readFile(join(folder, 'calls'), 'utf8').catch(() => '');
  return lines.split('\n').filter((line) => pattern.test(line)).length;
}

describe('the launcher', () => {
  it('sets up a fresh checkout once and says each step in a line', async () => {
    const first = await launch();
    expect(first.said.replaceAll(/\d+ s/g, 'N s').split('\n')).toEqual([
      'ostler: install Node 24.21.0 and pnpm 12.21.0 (N s)',
      'ostler: install the packages (N s)',
      'ostler: build what has changed (N s)',
      'ostler: done',
      '',
    ]);
    const second = await launch();
    expect(second.said).not.toContain('install');
    expect(await calls(/^pnpm install --frozen-lockfile/)).toBe(1);
  });

  it.each(['pnpm-lock.yaml', 'packages/b/package.json', 'examples/d/package.json'])(
    'installs again when %s changed',
    async (file) => {
      await launch();
      await writeFile(join(checkout, file), '{"changed": true}');
      await launch();
      expect(await calls(/^pnpm install/)).toBe(2);
      expect(await calls(/^npm install/)).toBe(1);
    },
  );

  it('installs again after an install that failed', async () => {
    await launch();
    await writeFile(join(checkout, 'pnpm-lock.yaml'), 'lock: 2');
    const pnpm = join(
      folder,
      `tool chain/node-24.21.0-pnpm-12.21.0-${process.arch}/node_modules/@pnpm/exe.linux-${process.arch}/pnpm`,
    );
    await write(pnpm, `${note('pnpm')}echo 'the registry is on fire'; exit 7\n`);
    const failed = await launch();
    expect(failed.code).toBe(1);
    expect(failed.said).toContain('the registry is on fire');
    expect(failed.said).toContain('install the packages failed (exit 7); the lines above say why');
    await write(pnpm, note('pnpm'));
    expect((await launch()).code).toBe(0);
    expect(await calls(/^pnpm install/)).toBe(3);
  });

  it('does each step once when started twice at the same time', async () => {
    const outcomes = await Promise.all([launch(), launch(), launch()]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await calls(/^npm install/)).toBe(1);
    expect(await calls(/^pnpm install/)).toBe(1);
  });

  it('goes on with a system Node that is new enough when the registry is away', async () => {
    await write(join(fakes, 'npm'), '#!/bin/sh\necho ENOTFOUND; exit 1\n');
    await write(
      join(fakes, 'node'),
      `${note('node')}case $1 in --version) echo v22.18.0 ;; -p) echo 22 ;; esac\n`,
    );
    const { code, said } = await launch();
    expect(code).toBe(0);
    expect(said).toContain('ENOTFOUND');
    expect(said).toContain("going on with the system's Node v22.18.0");
  });

  it('says what to do when the registry is away and the system Node is too old', async () => {
    await write(join(fakes, 'npm'), '#!/bin/sh\nexit 1\n');
    await write(
      join(fakes, 'node'),
      `${note('node')}case $1 in --version) echo v20.1.0 ;; -p) echo 20 ;; esac\n`,
    );
    const { code, said } = await launch();
    expect(code).toBe(1);
    expect(said).toMatch(
      /system's Node v20\.1\.0 is older than 22\. Check the connection to the npm registry/,
    );
  });

  it('closes npm test with a line that counts what kept it from starting', async () => {
    await write(join(fakes, 'npm'), '#!/bin/sh\nexit 1\n');
    await rm(join(fakes, 'pnpm'));
    const { code, printed } = await run([join(checkout, 'deploy/launcher/test.sh')]);
    expect(code).toBe(1);
    expect(printed.split('\n').at(-2)).toBe('0 passed, 1 failed, 0 skipped');
  });

  it('refuses a toolchain that does not run on this machine', async () => {
    await write(join(fakes, 'node'), '#!/bin/sh\necho "GLIBC_2.28 not found" >&2; exit 127\n');
    const { code, said } = await launch();
    expect(code).toBe(1);
    expect(said).toContain('GLIBC_2.28 not found');
  });
});
