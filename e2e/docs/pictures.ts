import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Page } from 'playwright-core';

import { checkout } from './pages';

const folder = join(checkout, 'docs/images');

/** A picture of the documentation: a page of the console over a fleet of its mock, in both themes. */
export interface Picture {
  readonly name: string;
  readonly path: string;
  readonly scene: 'full' | 'failing';
}

export const pictures: readonly Picture[] = [
  { name: 'overview', path: '/', scene: 'failing' },
  { name: 'server', path: '/servers/web-fra-1', scene: 'full' },
  { name: 'sites', path: '/sites', scene: 'full' },
  { name: 'site', path: '/sites/shop', scene: 'full' },
  { name: 'site-form', path: '/new/site', scene: 'full' },
  { name: 'revisions', path: '/sites/shop?tab=revisions', scene: 'full' },
  { name: 'operations', path: '/operations', scene: 'full' },
  { name: 'activity', path: '/activity', scene: 'full' },
];

export type Theme = 'light' | 'dark';

/** What a reader finds on a page: headings, where it leads, what can be pressed and filled in. */
const found =
  /^\s*- '?((?:heading|link|button|tab|columnheader|textbox|searchbox|combobox|checkbox|switch|radio) .+)$/;

/**
 * What a picture shows, in words: each thing once, in order. Numbers, dates and made names differ from run to run
 * and are left out, so two of them are the same as long as the picture is still true.
 */
export async function describePage(page: Page): Promise<string> {
  const lines = (await page.locator('body').ariaSnapshot()).split('\n');
  const told = lines.flatMap((line) => found.exec(line)?.[1] ?? []).filter((line) => !isOfTheMoment(line));
  return `${[...new Set(told.map(withoutNumbers))].join('\n')}\n`;
}

/** How old the data is. */
function isOfTheMoment(line: string): boolean {
  return line.startsWith('button "Live data');
}

function withoutNumbers(line: string): string {
  return line
    .replace(/(?<=["'\]]):.*$|:$/, '')
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UID')
    .replaceAll(/\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b/g, 'MONTH')
    .replaceAll(/\b(?=[0-9a-f]*\d)[0-9a-f]{4,}\b|\d+/g, '#');
}

export function descriptionFile(name: string): string {
  return join(folder, `${name}.shown.txt`);
}

export async function readDescription(name: string): Promise<string> {
  return readFile(descriptionFile(name), 'utf8').catch(() => '');
}

/** Takes the picture and writes it as WebP, which the browser itself makes: a fifth of the bytes of a PNG. */
export async function takePicture(page: Page, name: string, theme: Theme): Promise<void> {
  const png = await page.screenshot({ animations: 'disabled' });
  const maker = await page.context().newPage();
  const url = await maker.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.85);
  }, png.toString('base64'));
  await maker.close();
  await writeFile(join(folder, `${name}-${theme}.webp`), Buffer.from(url.split(',')[1] ?? '', 'base64'));
}
