import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const pages = globSync(['*.md', 'docs/**/*.md', 'e2e/*.md'], { cwd: root });

it.each(pages)('every link of %s to a file of ours leads somewhere', async (page) => {
  const text = (await readFile(join(root, page), 'utf8')).replaceAll(/```.*?```/gs, '');
  const targets = [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, target = '']) => target);
  targets.push(...[...text.matchAll(/ (?:src|srcset)="([^"]+)"/g)].map(([, target = '']) => target));
  expect(targets.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
});

// Architecture has an index of its own, and decisions come one by one.
const indexed = globSync('docs/**/*.md', {
  cwd: root,
  exclude: ['docs/README.md', 'docs/adr/**', 'docs/architecture/[!R]*'],
});

it.each(indexed)('docs/README.md leads to %s', async (page) => {
  const index = await readFile(join(root, 'docs/README.md'), 'utf8');
  expect(index).toContain(`](${relative('docs', page)})`);
});

it('sees the pages', () => {
  expect(pages).toContain('README.md');
  expect(pages.length).toBeGreaterThan(5);
});
