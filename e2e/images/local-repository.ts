import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../harness/machine/program';

const REPOSITORY = '/srv/packages';

/**
 * Puts packages and what they need into a root as a repository on its own disk, and makes it apt's only source: a
 * server without a route outside can install them, as one at a customer's would from a mirror.
 * The root's apt must still know the mirrors that it was built from.
 */
export async function addLocalRepository(root: string, packages: readonly string[]): Promise<void> {
  const folder = join(root, REPOSITORY);
  await mkdir(join(folder, 'partial'), { recursive: true });
  await inRoot(root, ['apt-get', 'update']);
  const into = ['-o', `Dir::Cache::archives=${REPOSITORY}`, '-o', 'APT::Keep-Downloaded-Packages=true'];
  await inRoot(root, ['apt-get', ...into, 'install', '--yes', '--download-only', ...packages]);
  await inRoot(root, ['apt-get', 'clean']);
  await rm(join(root, 'var/lib/apt/lists'), { recursive: true });
  await rm(join(folder, 'partial'), { recursive: true });
  await rm(join(folder, 'lock'), { force: true });
  await writeFile(join(folder, 'Packages'), await indexPackages(folder));
}

/** The line for sources.list. It is not signed: the files are on the server's own disk. */
export const LOCAL_REPOSITORY_SOURCE = `deb [trusted=yes] file:${REPOSITORY} ./\n`;

async function inRoot(root: string, argv: readonly string[]): Promise<void> {
  await runProgram(['chroot', root, ...argv], { environment: { DEBIAN_FRONTEND: 'noninteractive' } });
}

async function indexPackages(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.deb')).toSorted();
  const entries = await Promise.all(names.map((name) => indexPackage(folder, name)));
  return entries.join('\n');
}

async function indexPackage(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const fields = await runProgram(['dpkg-deb', '--field', path]);
  const bytes = await readFile(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return `${fields.trimEnd()}\nFilename: ./${name}\nSize: ${bytes.length}\nSHA256: ${sha256}\n`;
}
