import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { RenderedPage } from './render-page.ts';

/** What leads nowhere, one line each: pages, headings of pages, files of the repository. */
export function brokenLinks(pages: readonly RenderedPage[], root: string): string[] {
  const anchors = new Map(
    pages.map(({ source, headings }) => [source.address, new Set(headings.map(({ anchor }) => anchor))]),
  );
  const isThere = (link: string): boolean => {
    const [address = '', anchor] = link.split('#');
    const known = anchors.get(address);
    return known !== undefined && (anchor === undefined || known.has(anchor));
  };
  return pages.flatMap(({ source, links, files }) => [
    ...links.filter((link) => !isThere(link)).map((link) => `${source.file} leads to ${link}`),
    ...files.filter((file) => !existsSync(join(root, file))).map((file) => `${source.file} names ${file}`),
  ]);
}
