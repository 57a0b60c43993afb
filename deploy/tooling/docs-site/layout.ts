import { dirname, posix } from 'node:path';

import type { Heading } from './headings.ts';
import type { MenuItem, MenuSection } from './menu.ts';
import type { RenderedPage } from './render-page.ts';

const mark = `<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#4a45c4"/><path d="M9.5 7.5v9.2a6.5 6.5 0 0 0 13 0V7.5" fill="none" stroke="#fff" stroke-width="3.6" stroke-linecap="round"/><circle cx="16" cy="25.6" r="1.7" fill="#fff"/></svg>`;

/** A whole page. Every address in it is relative, so that the site works below any path. */
export function layoutPage(page: RenderedPage, menu: readonly MenuSection[]): string {
  const root = posix.relative(dirname(page.source.address), '.') || '.';
  const isHome = page.source.address === 'index.html';
  const title = isHome ? 'Ostler documentation' : `${escape(page.title)} · Ostler documentation`;
  return `<!doctype html>
<html lang="en" data-root="${root}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${escape(page.description)}">
<title>${title}</title>
<link rel="icon" href="${root}/assets/ostler.svg" type="image/svg+xml">
<link rel="stylesheet" href="${root}/assets/site.css">
<script src="${root}/assets/theme.js"></script>
<script type="module" src="${root}/assets/site.js"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the text</a>
${header(root)}
<div class="columns">
${menuOf(menu, page.source.address)}
<main id="content" tabindex="-1">
<article>
${page.html}</article>
${neighbours(menu, page.source.address)}
</main>
${contents(page.headings)}
</div>
</body>
</html>
`;
}

function header(root: string): string {
  return `<header class="top">
<button type="button" class="menu-button" aria-expanded="false" aria-controls="menu" hidden>Menu</button>
<a class="home" href="${root}/index.html">${mark}<span>Ostler <span class="quiet">documentation</span></span></a>
<button type="button" class="search-button" hidden><span>Search</span><kbd>/</kbd></button>
<a class="to-console" href="${root}/../">Console</a>
<button type="button" class="theme-button" hidden></button>
</header>`;
}

function menuOf(sections: readonly MenuSection[], here: string): string {
  const lists = sections.map(({ title, items }) => {
    const open = items.some(({ address }) => address === here) || items.length < 12;
    return `<details${open ? ' open' : ''}><summary>${escape(title)}</summary><ul>${items
      .map((item) => `<li>${menuLink(item, here)}</li>`)
      .join('')}</ul></details>`;
  });
  return `<nav id="menu" class="menu" aria-label="Pages">${lists.join('\n')}</nav>`;
}

function menuLink({ title, address }: MenuItem, here: string): string {
  const current = address === here ? ' aria-current="page"' : '';
  return `<a href="${relative(here, address)}"${current}>${escape(title)}</a>`;
}

/** Headings of the page, for a page that has enough of them. */
function contents(headings: readonly Heading[]): string {
  const shown = headings.filter(({ level }) => level === 2 || level === 3);
  if (shown.length < 2) return '<div class="contents"></div>';
  const links = shown.map(
    ({ level, text, anchor }) =>
      `<li class="level-${level}"><a href="#${escape(anchor)}">${escape(text)}</a></li>`,
  );
  return `<nav class="contents" aria-label="On this page"><p>On this page</p><ul>${links.join('')}</ul></nav>`;
}

/** The pages before and after this one, in the order of the menu. */
function neighbours(sections: readonly MenuSection[], here: string): string {
  const all = sections.flatMap(({ items }) => items);
  const at = all.findIndex(({ address }) => address === here);
  if (at === -1) return '';
  const link = (item: MenuItem | undefined, word: string, name: string): string =>
    item
      ? `<a class="${name}" href="${relative(here, item.address)}"><span>${word}</span>${escape(item.title)}</a>`
      : '';
  const links = link(all[at - 1], 'Before', 'before') + link(all[at + 1], 'Next', 'next');
  return links === '' ? '' : `<nav class="neighbours" aria-label="Neighbouring pages">${links}</nav>`;
}

function relative(here: string, address: string): string {
  return posix.relative(dirname(here), address);
}

export function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
