import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { seriousFindings } from '../console/axe';
import { openBrowser, openPage } from '../console/browser';

/** Pages of every make: text, tabs and pictures, many headings, wide tables, code, forms. */
const lookedAt = [
  'index.html',
  'tutorial.html',
  'guides/sites.html',
  'troubleshooting/errors.html',
  'reference/site.html',
  'reference/api.html',
];

type Open = (path: string, width: number, theme: 'light' | 'dark') => ReturnType<typeof openPage>;

/** The documentation as a control plane serves it, in a browser. `url` is known when the tests run. */
export function describeServedSite(url: () => string): void {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  const open: Open = async (path, width, theme) => {
    const opened = await openPage(browser, url(), { width, theme });
    await opened.page.goto(`/docs/${path}`);
    return opened;
  };
  testReading(open);
  testLooks(open);
}

function testReading(open: Open): void {
  describe('the documentation as it is served', () => {
    test('the address in an error shows the entry of its reason', async () => {
      const { page, context } = await open('troubleshooting/errors#domain_taken', 1280, 'light');
      await page.locator('#domain_taken').waitFor();
      expect(await page.locator('#domain_taken').evaluate((one) => one.matches(':target'))).toBe(true);
      await context.close();
    });

    test('a reason is found by the keyboard alone', async () => {
      const { page, context, complaints } = await open('', 1280, 'light');
      await page.keyboard.press('/');
      await page.keyboard.type('domain taken');
      await page.getByRole('link', { name: /^DOMAIN_TAKEN/ }).waitFor();
      await page.keyboard.press('Enter');
      await page.waitForURL(/troubleshooting\/errors\.html#domain_taken$/);
      expect(complaints).toEqual([]);
      await context.close();
    });

    test('who reads the way by the command line once reads it on the next page, too', async () => {
      const { page, context } = await open('guides/sites.html', 1280, 'light');
      await page.getByRole('tab', { name: 'Console' }).first().focus();
      await page.keyboard.press('ArrowRight');
      await page.goto('/docs/guides/operations.html');
      const tab = page.getByRole('tab', { name: 'CLI' }).first();
      expect(await tab.getAttribute('aria-selected')).toBe('true');
      await page.getByText('./ostler operations list').waitFor();
      await context.close();
    });
  });
}

function testLooks(open: Open): void {
  describe('the looks of the documentation', () => {
    test('every page fits a telephone, and nothing complains', async () => {
      const { page, context, complaints } = await open('', 375, 'light');
      const links = await page
        .locator('#menu a')
        .evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href));
      expect(links.length).toBeGreaterThan(50);
      const found: string[] = [];
      for (const link of links) {
        await page.goto(link);
        const overflow = await overflowOf(page);
        if (overflow > 0) found.push(`${link}: ${overflow} px wider than the window`);
      }
      expect([...found, ...complaints]).toEqual([]);
      await context.close();
    });

    test.each([
      [375, 'dark'],
      [1280, 'light'],
    ] as const)('at %i px, %s, axe finds nothing serious', async (width, theme) => {
      const { page, context } = await open('', width, theme);
      const found: string[] = [];
      for (const path of lookedAt) {
        await page.goto(`/docs/${path}`);
        found.push(...(await seriousFindings(page)).map((line) => `${path}: ${line}`));
      }
      expect(found).toEqual([]);
      await context.close();
    });

    test.each([768, 1920])('nothing is wider than a window of %i px', async (width) => {
      const { page, context } = await open('', width, 'dark');
      for (const path of lookedAt) {
        await page.goto(`/docs/${path}`);
        expect(await overflowOf(page), path).toBe(0);
      }
      await context.close();
    });
  });
}

/** Content that is wider than the window makes the whole page scroll sideways. */
function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
