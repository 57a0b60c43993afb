import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
let folder: string;
let script: string;

/** What the installer calls and what could do harm; here each of them writes down that it was called. */
const programs = [
  'awk', 'base64', 'cat', 'chmod', 'chown', 'cmp', 'cp', 'curl', 'cut', 'df', 'dirname', 'du', 'flock', 'id', 'install',
  'ln', 'mv', 'od', 'openssl', 'readlink', 'rm', 'sed', 'sha256sum', 'sh', 'sync', 'systemctl', 'tar', 'tr', 'uname',
]; // prettier-ignore

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-install-'));
  const template = await readFile(join(import.meta.dirname, 'install.sh'), 'utf8');
  script = template
    .replace("\ncontrol=''\n", "\ncontrol='https://control.example:7443'\n")
    .replace("\nlistener_pin=''\n", "\nlistener_pin='sha256//k'\n")
    .replace("\npackages=''\n", "\npackages='x86_64 00 1 1 AA== AA=='\n");
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'witness'), `#!/bin/sh\necho "\${0##*/} $*" >>${folder}/called\n`);
  await chmod(join(folder, 'witness'), 0o755);
  for (const name of programs) await symlink('../witness', join(folder, 'bin', name));
});
afterAll(() => rm(folder, { recursive: true }));

const calls = () => readFile(join(folder, 'called'), 'utf8').catch(() => '');

/** As `curl | sh -s -- ...` whose download ends early. */
async function runCut(text: string): Promise<void> {
  const child = run('/bin/sh', ['-s', '--', '--token', 't', '--ca', 'sha256//c'], {
    env: { PATH: join(folder, 'bin') },
    cwd: folder,
  });
  child.child.stdin!.end(text);
  await child.catch(() => undefined);
}

test('whole, it would begin to work', async () => {
  await runCut(script);
  expect(await calls()).toContain('id -u');
  await rm(join(folder, 'called'));
});

test('cut off after any of its lines, and within any of its first and last ones, it does nothing', async () => {
  const lines = script.trimEnd().split('\n');
  const ends = lines.map((_, index) => lines.slice(0, index).join('\n'));
  const filledIn = script.indexOf("control='");
  const whole = script.trimEnd().length;
  const bytes = Array.from({ length: 300 }, (_, at) => filledIn + at).concat(
    Array.from({ length: 40 }, (_, back) => whole - 1 - back),
  );
  const texts = [...new Set([...ends, ...bytes.map((length) => script.slice(0, length))])];
  for (let at = 0; at < texts.length; at += 16) {
    await Promise.all(texts.slice(at, at + 16).map(runCut));
  }
  expect(await calls()).toBe('');
  expect((await readdir(folder)).sort()).toEqual(['bin', 'witness']);
}, 120_000);

test.each([
  [[], 'what to do is missing'],
  [['--token'], '--token needs a value'],
  [['--frob'], '--frob is not understood'],
])('with %j it says what is wrong, and does nothing', async (args, said) => {
  const child = run('/bin/sh', ['-s', '--', ...args], { env: { PATH: join(folder, 'bin') } });
  child.child.stdin!.end(script);
  await expect(child).rejects.toMatchObject({ code: 64, stderr: expect.stringContaining(said) as string });
  expect(await calls()).toBe('');
});
