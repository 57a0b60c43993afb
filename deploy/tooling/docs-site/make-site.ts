import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { addApiReference } from './api-reference/add-to-page.ts';
import type { ApiDocument } from './api-reference/api-document.ts';
import { layoutPage } from './layout.ts';
import { readMenu } from './menu.ts';
import { readPageSources } from './page-sources.ts';
import { type RenderedPage, renderPage } from './render-page.ts';
import type { SearchEntry } from './search-entry.ts';

/** More of a section than this helps no search, and is loaded by everybody who searches. */
const mostSearchedCharacters = 4_000;

export async function renderPages(root: string): Promise<RenderedPage[]> {
  const api = JSON.parse(await readFile(join(root, 'docs/reference/openapi.json'), 'utf8')) as ApiDocument;
  return (await readPageSources(root)).map((source) => addApiReference(renderPage(source), api));
}

/** The site's text files by path: every page, one for what is not there, and what the search reads. */
export function makeSite(pages: readonly RenderedPage[]): Map<string, string> {
  const index = pages.find(({ source }) => source.file === 'docs/README.md');
  const menu = readMenu(index?.source.text ?? '');
  const files = new Map(pages.map((page) => [page.source.address, layoutPage(page, menu)]));
  const missing = renderPage({ file: 'docs/404.md', address: '404.html', text: notThere });
  files.set('404.html', layoutPage(missing, menu));
  files.set('search.json', JSON.stringify(pages.flatMap(searchEntries)));
  return files;
}

const notThere = `# There is no such page

It may have moved. Search for it with \`/\`, or begin at the [start](README.md).
`;

function searchEntries(page: RenderedPage): SearchEntry[] {
  return page.sections.map(({ heading, text }) => ({
    address: `${page.source.address}${heading && heading.level > 1 ? `#${heading.anchor}` : ''}`,
    page: page.title,
    heading: heading?.text ?? page.title,
    text: text.slice(0, mostSearchedCharacters),
  }));
}
