import { parseSpecFile } from '@ostler/resource-model';
import { expect, test } from 'vitest';

import { isShell, type PageBlock, readBlocks } from './page-blocks';
import { readPage, runPages, typedPages } from './pages';

const isRun = (page: string, { language }: PageBlock): boolean =>
  language === 'sh' && [...runPages, 'docs/tutorial.md', 'README.md'].includes(page);

test('there are pages with commands', () => {
  expect(runPages).toContain('docs/guides/sites.md');
  expect(typedPages).toContain('docs/contributing.md');
});

test.each(typedPages)('every command of %s is run by a test, or says why not', (page) => {
  const silent = readBlocks(readPage(page)).filter(
    (block) => isShell(block) && block.notRun === undefined && !isRun(page, block),
  );
  expect(silent.map(({ line, text }) => `${page}:${line}: ${text}`)).toEqual([]);
});

const yaml = typedPages.flatMap((page) =>
  readBlocks(readPage(page))
    .filter(({ language, notRun }) => language === 'yaml' && notRun === undefined)
    .map((block) => [`${page}:${block.line}`, block] as const),
);

test.each(yaml)('the spec of %s is one that is accepted', (_place, block) => {
  expect(parseSpecFile(wholeSpec(block)).violations).toEqual([]);
});

/** Fields of a spec, in the smallest whole file that has them. */
function wholeSpec({ spec, text }: PageBlock): string {
  if (spec === undefined) return text;
  const fields = text.replaceAll(/^/gm, '  ');
  const rest = spec === 'site' ? siteRest.filter((line) => !hasField(text, line)) : [];
  return [`kind: ${spec}`, 'name: page', 'spec:', ...rest, fields].join('\n');
}

const siteRest = [
  '  placement: { server: web-1 }',
  '  domains: [page.example.com]',
  '  handler: { fixedResponse: { status: 200, body: "ok" } }',
];

function hasField(text: string, line: string): boolean {
  return new RegExp(`^${line.trim().split(':')[0]}:`, 'm').test(text);
}
