import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A page as it is written. */
export interface PageSource {
  /** Path in the repository. */
  readonly file: string;
  /** Path below the root of the site, like `guides/sites.html`. */
  readonly address: string;
  readonly text: string;
}

/** Pages that stand beside docs/ because people look for them there. */
const besides: Readonly<Record<string, string>> = {
  'SECURITY.md': 'reporting.html',
  'CHANGELOG.md': 'changes.html',
  'e2e/README.md': 'test-servers.html',
};

/** Where a file of the repository is found in the site; undefined for one that is none of its pages. */
export function addressOf(file: string): string | undefined {
  if (besides[file] !== undefined) return besides[file];
  const inDocs = /^docs\/(.+)\.md$/.exec(file)?.[1];
  return inDocs && `${inDocs.replace(/(^|\/)README$/, '$1index')}.html`;
}

/** Every page of a checkout, by address. */
export async function readPageSources(root: string): Promise<PageSource[]> {
  const files = [...globSync('docs/**/*.md', { cwd: root, exclude: ['**/node_modules/**'] })].sort();
  return Promise.all(
    [...files, ...Object.keys(besides)].map(async (file) => ({
      file,
      address: addressOf(file) ?? file,
      text: await readFile(join(root, file), 'utf8'),
    })),
  );
}
