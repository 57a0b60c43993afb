import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import {
  checkPackages,
  readReleaseFolder,
} from '../../apps/control-plane/src/agent-updates/release-folder.ts';
import { makeRelease } from './make-release.ts';
import { ensureReleaseKey, releaseKeyFile } from './release-key.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-release-'));
});
afterEach(() => rm(folder, { recursive: true }));

const keyFile = (): string => join(folder, 'key/release-key.pem');

test('the key is made once, for its owner alone, also by two at once', async () => {
  const keys = await Promise.all([ensureReleaseKey(keyFile()), ensureReleaseKey(keyFile())]);
  const again = await ensureReleaseKey(keyFile());
  expect(new Set([...keys, again].map(({ publicPem }) => publicPem)).size).toBe(1);
  expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
  expect(await readFile(join(folder, 'key/release-key.pub'), 'utf8')).toBe(again.publicPem);
});

test('a key that others can read is not used', async () => {
  await ensureReleaseKey(keyFile());
  await chmod(keyFile(), 0o640);
  await expect(ensureReleaseKey(keyFile())).rejects.toThrow('chmod go=');
});

test('the environment names another file', () => {
  expect(releaseKeyFile({ OSTLER_RELEASE_KEY: '/keys/mine.pem' })).toBe('/keys/mine.pem');
  expect(releaseKeyFile({})).toMatch(/\.config\/ostler\/release\/release-key\.pem$/);
});

test('a release is what a control plane takes, and is made once of one build', async () => {
  const key = await ensureReleaseKey(keyFile());
  const made = { folder: join(folder, 'package/ostler-agent'), version: '1.2.3-abc' };
  await mkdir(made.folder, { recursive: true });
  await writeFile(join(made.folder, 'VERSION'), '1.2.3-abc\n');
  const output = join(folder, 'releases');
  await mkdir(output);
  const first = await makeRelease({ output, key, made });
  const taken = await readReleaseFolder(first.folder);
  await checkPackages(taken);
  expect(taken.release.version).toBe('1.2.3-abc');
  expect(taken.publicKey).toBe(key.publicPem);
  const again = await makeRelease({ output, key, made });
  expect((await readReleaseFolder(again.folder)).release).toEqual(taken.release);
  expect(await readdir(output)).toEqual(['1.2.3-abc']);
});
