import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { referencePages } from './reference-pages.ts';
import { readContract } from './write-reference.ts';

test('the reference says what the contract says; write it with pnpm docs:reference', async () => {
  const pages = referencePages(await readContract());
  expect(pages.map(({ name }) => name)).toContain('site.md');
  for (const { name, text } of pages) {
    expect(readFileSync(join(import.meta.dirname, '../../../docs/reference', name), 'utf8'), name).toBe(text);
  }
});

test('a field has its meaning and its limits', async () => {
  const site = referencePages(await readContract()).find(({ name }) => name === 'site.md');
  expect(site?.text).toMatch(
    /\| `maxBodyBytes` \| number \| Largest request body in bytes; 0 means 1 MiB\. At most \d+\. \|/,
  );
});

test('a type leads to the section that explains it, on its own page or on another', async () => {
  const site = referencePages(await readContract()).find(({ name }) => name === 'site.md');
  expect(site?.text).toContain('| `tls` | [`Tls`](#tls) |');
  expect(site?.text).toContain('| `placement` | [`Placement`](meta.md#placement) |');
});
