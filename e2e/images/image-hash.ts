import { createHash } from 'node:crypto';
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ImageDefinition } from './image-definition';

const BUILDER_SOURCES = ['build-image.ts', 'local-repository.ts'];

/** One line per entry of a tree; the same tree gives the same lines under any checkout's path and umask. */
async function describeTree(root: string): Promise<string[]> {
  const paths = (await readdir(root, { recursive: true })).toSorted();
  return Promise.all(paths.map((path) => describeEntry(root, join(root, path))));
}

async function describeEntry(root: string, path: string): Promise<string> {
  const facts = await lstat(path);
  const place = `${relative(root, path)} ${facts.mode & 0o100 ? 'executable' : 'plain'}`;
  if (facts.isSymbolicLink()) return `${place} -> ${await readlink(path)}`;
  if (facts.isDirectory()) return `${place} folder`;
  return `${place} ${createHash('sha256')
    .update(await readFile(path))
    .digest('hex')}`;
}

/**
 * The name under which an image is cached: a hash of the definition, the overlay, the code that builds it and
 * the kernel whose modules it holds. Package versions are not in it: the same hash is the same intention.
 */
export async function hashImage(definition: ImageDefinition, kernelVersion: string): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ ...definition, overlay: await describeTree(definition.overlay) }));
  for (const source of BUILDER_SOURCES) hash.update(await readFile(join(import.meta.dirname, source)));
  hash.update(kernelVersion);
  return hash.digest('hex').slice(0, 16);
}
