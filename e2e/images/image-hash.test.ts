import { chmod, cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BASE_IMAGE } from './image-definition';
import { hashImage } from './image-hash';

const KERNEL = '6.1.0';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'image-hash-'));
  await cp(BASE_IMAGE.overlay, folder, { recursive: true, verbatimSymlinks: true });
});

afterEach(() => rm(folder, { recursive: true }));

function hashHere(): Promise<string> {
  return hashImage({ ...BASE_IMAGE, overlay: folder }, KERNEL);
}

test('the hash does not depend on where the checkout is', async () => {
  expect(await hashHere()).toBe(await hashImage(BASE_IMAGE, KERNEL));
});

test('a package, a kernel and each change of a file make another image', async () => {
  const packages = [...BASE_IMAGE.packages, 'cron'];
  const hashes = [
    await hashHere(),
    await hashImage({ ...BASE_IMAGE, packages }, KERNEL),
    await hashImage(BASE_IMAGE, '6.1.1'),
  ];
  const file = join(folder, 'etc', 'new');
  await writeFile(file, 'one');
  hashes.push(await hashHere());
  await writeFile(file, 'two');
  hashes.push(await hashHere());
  await chmod(file, 0o755);
  hashes.push(await hashHere());
  await rm(file);
  await symlink('two', file);
  hashes.push(await hashHere());
  expect(new Set(hashes).size).toBe(hashes.length);
});
