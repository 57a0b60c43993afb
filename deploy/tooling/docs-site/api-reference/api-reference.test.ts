import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, expect, test } from 'vitest';

import type { RenderedPage } from '../render-page.ts';
import { renderPages } from '../make-site.ts';
import type { ApiDocument } from './api-document.ts';

const root = join(import.meta.dirname, '../../../..');
let page: RenderedPage;
let api: ApiDocument;

beforeAll(async () => {
  page = (await renderPages(root)).find(({ source }) => source.file === 'docs/reference/api.md')!;
  api = JSON.parse(await readFile(join(root, 'docs/reference/openapi.json'), 'utf8')) as ApiDocument;
});

test('shows every method and every type of the API', () => {
  for (const path of Object.keys(api.paths)) expect(page.html).toContain(`<code>${path}</code>`);
  const types = page.html.match(/<details class="api-type"/g);
  expect(types).toHaveLength(Object.keys(api.components.schemas).length);
});

test('leads from a method to its types, and each of these links has an end', () => {
  const ids = [...page.html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!);
  const targets = [...page.html.matchAll(/href="#([^"]+)"/g)].map(([, target]) => target!);
  expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  expect(targets.length).toBeGreaterThan(200);
  expect(new Set(ids).size).toBe(ids.length);
});

test('says what a field must keep', () => {
  const type = page.html.slice(page.html.indexOf('id="type-ostler-api-v1-applyrequest"'));
  expect(type).toMatch(/<code>requestId<\/code> <span class="api-mark">required<\/span><\/th><td>UUID</);
  expect(type).toMatch(/<code>resources<\/code>[\s\S]{0,400}1 to 500 items/);
});

test('offers to try what is one question and one answer, and finds methods by the search', () => {
  expect(page.html).toContain('data-path="/ostler.api.v1.ResourceService/Apply" data-request-id');
  expect(page.html).not.toContain('data-path="/ostler.api.v1.LiveService/Watch"');
  expect(page.sections.map(({ heading }) => heading?.text)).toContain('ResourceService Apply');
});

test('writes what the contract says as text, not as markup', () => {
  expect(page.html).not.toMatch(/<(?:script|style|img|iframe)\b/);
});
