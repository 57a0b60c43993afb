import { dirname, join, posix } from 'node:path';

import createMarkdown, { type MarkdownIt, type Token } from 'markdown-it';

import { makeCallouts } from './callouts.ts';
import { colourCode } from './code-blocks.ts';
import { type Heading, linkHeadings, nameHeadings, plainText } from './headings.ts';
import { addressOf, type PageSource } from './page-sources.ts';
import { makeTabs } from './tabs.ts';

export interface RenderedPage {
  readonly source: PageSource;
  readonly title: string;
  /** First paragraph, as text. */
  readonly description: string;
  readonly headings: readonly Heading[];
  /** What the page says below each of its headings, for the search. */
  readonly sections: readonly Section[];
  readonly html: string;
  /** Addresses of this site that the page leads to, from its root; with `#anchor` where one is named. */
  readonly links: readonly string[];
  /** Files of the repository that the page shows or leads to and that are no pages. */
  readonly files: readonly string[];
  /** HTML of the page that is none of ours. */
  readonly foreignHtml: readonly string[];
}

export interface Section {
  readonly heading: Heading | undefined;
  readonly text: string;
}

/** Pages are trusted, and still plain: one that needs HTML should rather get a mark of ours. A test tells. */
const allowedHtml = /^(?:<!--[\s\S]*-->|<br>|<\/?kbd>)\s*$/;

export function renderPage(source: PageSource): RenderedPage {
  const md = createMarkdown({ html: true, typographer: false });
  const found: Found = { links: [], files: [], foreignHtml: [] };
  md.use(linkHeadings).use(colourCode).use(makeTabs).use(makeCallouts).use(scrollTables);
  md.core.ruler.before('tabs', 'foreign-html', ({ tokens }) => noteForeignHtml(tokens, found));
  md.core.ruler.push('destinations', ({ tokens }) => leadOn(tokens, source, found));
  showPictures(md, source, found);
  const tokens = md.parse(source.text, {});
  const headings = nameHeadings(tokens);
  const firstText = tokens.findIndex(({ type, level }) => type === 'paragraph_open' && level === 0);
  return {
    source,
    title: headings.find(({ level }) => level === 1)?.text ?? source.file,
    description: plainText(tokens[firstText + 1]).slice(0, 160),
    headings,
    sections: sectionsOf(tokens, headings),
    html: md.renderer.render(tokens, md.options, {}),
    ...found,
  };
}

interface Found {
  readonly links: string[];
  readonly files: string[];
  readonly foreignHtml: string[];
}

function noteForeignHtml(tokens: readonly Token[], found: Found): void {
  for (const { type, content } of everyToken(tokens)) {
    if (type.startsWith('html_') && !allowedHtml.test(content)) found.foreignHtml.push(content);
  }
}

/** Links between files become links between pages. */
function leadOn(tokens: readonly Token[], source: PageSource, found: Found): void {
  for (const token of everyToken(tokens)) {
    const href = token.type === 'link_open' ? token.attrGet('href') : null;
    if (href === null) continue;
    if (/^[a-z]+:/.test(String(href))) token.attrSet('rel', 'noreferrer');
    else token.attrSet('href', destination(String(href), source, found));
  }
}

function destination(href: string, source: PageSource, found: Found): string {
  const [path = '', anchor] = href.split('#');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  // What the control plane serves beside these pages: the console, the reference of the API.
  if (path.startsWith('/')) return href;
  const file = path === '' ? source.file : posix.normalize(join(dirname(source.file), path));
  const page = addressOf(posix.extname(file) === '' ? posix.join(file, 'README.md') : file);
  if (page === undefined) {
    found.files.push(file);
    return href;
  }
  found.links.push(`${page}${hash}`);
  return path === '' ? href : `${posix.relative(dirname(source.address), page)}${hash}`;
}

function* everyToken(tokens: readonly Token[]): Generator<Token> {
  for (const token of tokens) {
    yield token;
    if (token.children) yield* everyToken(token.children);
  }
}

/** A picture is drawn in both themes: NAME-light.webp is written in the page, and NAME-dark.webp lies beside it. */
function showPictures(md: MarkdownIt, source: PageSource, found: Found): void {
  md.renderer.rules['image'] = (tokens, index) => {
    const token = tokens[index]!;
    const file = posix.normalize(join(dirname(source.file), String(token.attrGet('src') ?? '')));
    const path = posix.relative(dirname(source.address), file.replace(/^docs\//, ''));
    found.files.push(file, file.replace('-light.', '-dark.'));
    const alt = md.utils.escapeHtml(token.content);
    const image = (src: string, theme: string): string =>
      `<a class="picture ${theme}" href="${src}"><img src="${src}" alt="${alt}" loading="lazy" width="1280" height="800"></a>`;
    if (!path.includes('-light.')) return image(path, '');
    return image(path, 'light') + image(path.replace('-light.', '-dark.'), 'dark');
  };
}

/** Wide tables scroll by themselves, by keyboard too, instead of the page. */
function scrollTables(md: MarkdownIt): void {
  md.renderer.rules['table_open'] = () =>
    '<div class="table" role="region" aria-label="Table" tabindex="0"><table>\n';
  md.renderer.rules['table_close'] = () => '</table></div>\n';
}

function sectionsOf(tokens: readonly Token[], headings: readonly Heading[]): Section[] {
  const texts: string[][] = [[]];
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'heading_open') texts.push([]);
    const isHeading = tokens[index - 1]?.type === 'heading_open';
    if (token.type === 'inline' && !isHeading) texts.at(-1)!.push(plainText(token));
    if (token.type === 'fence') texts.at(-1)!.push(token.content);
  }
  return texts
    .map((text, index) => ({ heading: headings[index - 1], text: text.join(' ').replaceAll(/\s+/g, ' ') }))
    .filter(({ heading, text }) => heading !== undefined || text !== '');
}
