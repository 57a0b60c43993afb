import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { checkout, readPage, runPages } from './pages';

// What a page calls a button, a tab or a section of the console stands in the console.

const source = globSync('apps/console/src/**/*.{ts,tsx}', { cwd: checkout })
  .filter((file) => !file.includes('.test.'))
  .map((file) => readFileSync(join(checkout, file), 'utf8'))
  .join('\n');

/** The words in italics of every way by the console. */
function consoleWords(page: string): string[] {
  const ways = [...readPage(page).matchAll(/^\*\*Console\*\*$([\s\S]*?)^\*\*/gm)].map(([, way = '']) => way);
  return ways.flatMap((way) => [...way.matchAll(/(?<!\*)\*([^*]+)\*(?!\*)/g)].map(([, word = '']) => word));
}

const named = runPages.flatMap((page) => consoleWords(page).map((word) => [page, word] as const));

test('pages name what is pressed in the console', () => {
  expect(named.map(([, word]) => word)).toContain('Create site');
});

test.each(named)('%s names %s as the console does', (_page, word) => {
  expect(source).toContain(word.replaceAll(/\s+/g, ' '));
});
