import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildConsole } from './build-console';

const MOST_BASE_BYTES = 200 * 1024;

let dist: string;
let files: readonly string[];

beforeAll(async () => {
  dist = await buildConsole();
  files = await readdir(dist, { recursive: true });
});
afterAll(() => rm(dist, { recursive: true, force: true }));

const textOf = (file: string): Promise<string> => readFile(join(dist, file), 'utf8');
const scripts = (): readonly string[] => files.filter((file) => file.endsWith('.js'));

test('the base, with every script that it loads before the first page, is at most 200 KiB gzip', async () => {
  const html = await textOf('index.html');
  const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map(
    ([, file]) => file ?? '',
  );
  const base = await withImports(first);
  const bytes = await Promise.all(
    [...base].map(async (file) => gzipSync(await readFile(join(dist, file))).length),
  );
  const total = bytes.reduce((sum, size) => sum + size, 0);
  expect(base.size).toBeGreaterThan(1);
  expect(total).toBeLessThanOrEqual(MOST_BASE_BYTES);
});

test('no word of the mock is in what is shipped', async () => {
  const words = [
    'mock-password',
    'legacy.example.test',
    'fallback.internal',
    'connectNodeAdapter',
    'prxy_pass',
  ];
  const mock = await readFile(new URL('../../apps/console/mock/scenes/full.ts', import.meta.url), 'utf8');
  expect(mock).toContain('legacy.example.test');
  const all = (await Promise.all(scripts().map(textOf))).join('\n');
  expect(words.filter((word) => all.includes(word))).toEqual([]);
});

test('nothing is fetched from elsewhere, and nothing needs an inline script', async () => {
  const html = await textOf('index.html');
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
  expect(html).not.toMatch(/(?:src|href)="https?:/);
  const styles = await Promise.all(files.filter((file) => file.endsWith('.css')).map(textOf));
  expect(styles.join('\n')).not.toMatch(/url\(["']?(?:https?:|data:)/);
});

/** Files and what they import without being asked: static imports, not `import()`. */
async function withImports(first: readonly string[]): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  const queue = [...first];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (!file.endsWith('.js')) continue;
    const text = await textOf(file);
    for (const [, name] of text.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g))
      queue.push(`assets/${name}`);
  }
  return seen;
}
