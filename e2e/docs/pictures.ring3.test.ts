import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  failingScene,
  fullScene,
  MOCK_PASSWORD,
  type MockServer,
  startMockServer,
} from '@ostler/console/mock';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openBrowser, signIn } from '../console/browser';
import { checkout } from './pages';
import {
  describePage,
  descriptionFile,
  type Picture,
  pictures,
  readDescription,
  takePicture,
  type Theme,
} from './pictures';

// The pictures of the documentation, held to the console: beside each lies what it shows in words, and this fails when
// the console shows something else. `pnpm docs:pictures` takes them all anew.

const write = process.env['OSTLER_PICTURES'] === 'write';

let browser: Browser;
let mocks: Record<Picture['scene'], MockServer>;

beforeAll(async () => {
  browser = await openBrowser();
  // Nothing moves by itself while pictures are taken.
  const dist = join(checkout, 'apps/console/dist');
  const still = { stepMs: 3_600_000, joinAfterSteps: 0 };
  const [full, failing] = await Promise.all([
    startMockServer(fullScene(still), dist),
    startMockServer(failingScene(still), dist),
  ]);
  mocks = { full, failing };
});
afterAll(async () => {
  await browser?.close();
  await Promise.all(Object.values(mocks ?? {}).map((mock) => mock.close()));
});

async function openConsole(scene: Picture['scene'], theme: Theme): Promise<Page> {
  const context = await browser.newContext({
    baseURL: mocks[scene].url,
    colorScheme: theme,
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-GB',
  });
  const page = await context.newPage();
  await signIn(page, 'owner@example.test', MOCK_PASSWORD);
  await page.locator('[data-live=live]').waitFor();
  return page;
}

/** What is shown has come: no skeleton, no turning plan, fonts there. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(
    () =>
      document.querySelector('.animate-pulse, [aria-busy=true], [data-flash]') === null &&
      document.fonts.status === 'loaded',
  );
  await page.locator('[data-live=live]').waitFor();
}

describe.each(write ? (['light', 'dark'] as const) : (['light'] as const))('in the %s theme', (theme) => {
  let opened: Record<Picture['scene'], Page>;
  beforeAll(async () => {
    opened = { full: await openConsole('full', theme), failing: await openConsole('failing', theme) };
  });

  test.each(pictures)('the picture $name shows what the console shows', async ({ name, path, scene }) => {
    const page = opened[scene];
    await open(page, path);
    const told = await describePage(page);
    if (write) {
      await takePicture(page, name, theme);
      if (theme === 'light') await writeFile(descriptionFile(name), told);
    }
    expect(told, `the console has changed: take it anew with pnpm docs:pictures`).toBe(
      await readDescription(name),
    );
  });
});
