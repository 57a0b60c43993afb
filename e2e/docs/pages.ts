import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** Pages whose commands are run one after the other, each page in a folder of its own. */
export const runPages: readonly string[] = globSync(['docs/guides/*.md', 'docs/troubleshooting/*.md'], {
  cwd: checkout,
}).toSorted();

/** Every page that a reader types from. The reference shows forms, and decisions and architecture no commands. */
export const typedPages: readonly string[] = globSync(['README.md', 'docs/**/*.md'], {
  cwd: checkout,
  exclude: ['docs/reference/**', 'docs/adr/**', 'docs/architecture/**'],
}).toSorted();

export function readPage(file: string): string {
  return readFileSync(join(checkout, file), 'utf8');
}
