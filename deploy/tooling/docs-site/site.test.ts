import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { brokenLinks } from './broken-links.ts';
import { makeSite, renderPages } from './make-site.ts';
import { readMenu } from './menu.ts';
import { type RenderedPage, renderPage } from './render-page.ts';

const root = join(import.meta.dirname, '../../..');
const pages = await renderPages(root);

/** A page of its own, as it is shown. */
function shown(text: string, file = 'docs/guides/a.md'): RenderedPage {
  return renderPage({ file, address: file.replace('docs/', '').replace('.md', '.html'), text });
}

describe('the documentation', () => {
  it('has its pages', () => {
    expect(pages.length).toBeGreaterThan(60);
  });

  it('leads nowhere where nothing is: pages, headings, pictures', () => {
    expect(brokenLinks(pages, root)).toEqual([]);
  });

  it.each(pages.map((page) => [page.source.file, page] as const))(
    '%s has one title, first, and no HTML of its own',
    (_file, { headings, foreignHtml }) => {
      expect(headings.filter(({ level }) => level === 1)).toEqual([headings[0]]);
      expect(foreignHtml).toEqual([]);
    },
  );

  it.each(pages.map((page) => [page.source.file, page] as const))(
    '%s skips no level of headings',
    (_file, { headings }) => {
      const skips = headings.filter(
        ({ level }, index) => index > 0 && level > headings[index - 1]!.level + 1,
      );
      expect(skips).toEqual([]);
    },
  );

  it('reads nothing from elsewhere, and runs no script of a page', () => {
    for (const [path, text] of makeSite(pages)) {
      if (!path.endsWith('.html')) continue;
      expect(text, path).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>|\bon\w+="/);
      expect(text, path).not.toMatch(/<(?:script|img|link)[^>]*(?:src|href)="(?:https?:)?\/\//);
    }
  });
});

describe('the menu', () => {
  const menu = readMenu(pages.find(({ source }) => source.file === 'docs/README.md')!.source.text);
  const addresses = menu.flatMap(({ items }) => items.map(({ address }) => address));

  it('is the index: it begins with the tutorial, and has each page once', () => {
    expect(addresses[0]).toBe('tutorial.html');
    expect(addresses.filter((one, index) => addresses.indexOf(one) !== index)).toEqual([]);
  });

  it('calls a decision by what it says', () => {
    const titles = menu.flatMap(({ items }) => items.map(({ title }) => title));
    expect(titles).toContain('A manifest is an index of hashes and bodies of exact bytes');
  });
});

describe('a page', () => {
  it('leads to other pages by their address in the site, from where it stands', () => {
    const { html, links } = shown('# A\n\n[b](../concepts.md#conditions) [c](sites.md) [d](#a)');
    expect(html).toContain('href="../concepts.html#conditions"');
    expect(html).toContain('href="sites.html"');
    expect(links).toEqual(['concepts.html#conditions', 'guides/sites.html', 'guides/a.html#a']);
  });

  it('names a link that leads nowhere, with the page that has it', () => {
    const broken = brokenLinks(
      [shown('# A\n\n[b](gone.md) [c](#gone) ![d](../images/gone-light.webp)')],
      root,
    );
    expect(broken).toEqual([
      'docs/guides/a.md leads to guides/gone.html',
      'docs/guides/a.md leads to guides/a.html#gone',
      'docs/guides/a.md names docs/images/gone-light.webp',
      'docs/guides/a.md names docs/images/gone-dark.webp',
    ]);
  });

  it('shows the ways of a task as panels', () => {
    const { html } = shown(
      '<!-- tabs -->\n\n**Console**\n\none\n\n**CLI**\n\ntwo\n\n<!-- /tabs -->\n\n**bold**\n',
    );
    expect(html.match(/data-tab="\w+"/g)).toEqual(['data-tab="Console"', 'data-tab="CLI"']);
    expect(html.match(/<section/g)?.length).toBe(html.match(/<\/section>/g)?.length);
    expect(html).toContain('<strong>bold</strong>');
  });

  it('shows the name of a file above it, and never the reason for which commands are not run', () => {
    const { html } = shown('# A\n\n```yaml file=shop.yaml\na: 1\n```\n\n```sh not-run="as root"\nls\n```\n');
    expect(html).toContain('<figcaption>shop.yaml</figcaption>');
    expect(html).not.toContain('as root');
  });

  it('is searched by what stands below each heading', () => {
    const { sections } = shown('# A\n\nfirst\n\n## B\n\nsecond\n\n- third\n');
    expect(sections.map(({ heading, text }) => [heading?.text, text])).toEqual([
      ['A', 'first'],
      ['B', 'second third'],
    ]);
  });
});
