import { posix } from 'node:path';

import createMarkdown from 'markdown-it';

import { addressOf } from './page-sources.ts';

export interface MenuSection {
  readonly title: string;
  readonly items: readonly MenuItem[];
}

export interface MenuItem {
  readonly title: string;
  readonly address: string;
}

/** The menu is the index of the documentation: its headings, and every page that it leads to below each. */
export function readMenu(index: string): MenuSection[] {
  const sections: { title: string; items: MenuItem[] }[] = [{ title: 'Start', items: [] }];
  let heading = false;
  for (const token of createMarkdown().parse(index, {})) {
    if (token.type === 'heading_open') heading = token.tag === 'h2';
    if (token.type !== 'inline') continue;
    if (heading) sections.push({ title: token.content, items: [] });
    heading = false;
    for (const [at, child] of (token.children ?? []).entries()) {
      const href = child.type === 'link_open' ? String(child.attrGet('href')) : '';
      const address = href.includes('#') ? undefined : addressOf(posix.normalize(posix.join('docs', href)));
      if (address === undefined) continue;
      sections
        .at(-1)!
        .items.push({ title: titleOf(token.children?.[at + 1]?.content ?? '', token.content), address });
    }
  }
  const [start, ...others] = sections;
  // What the first words lead to has its place further down, where it is one.
  const later = new Set(others.flatMap(({ items }) => items.map(({ address }) => address)));
  const first = { ...start!, items: start!.items.filter(({ address }) => !later.has(address)) };
  return [first, ...others].filter(({ items }) => items.length > 0);
}

/** Sentence case for a menu; a decision, which is linked by its number, is called by what it says. */
function titleOf(text: string, line: string): string {
  const decision = /^\d+$/.test(text) ? /\)\s*:\s*(.+)$/.exec(line)?.[1] : undefined;
  const title = decision ?? text;
  return title.slice(0, 1).toUpperCase() + title.slice(1);
}
