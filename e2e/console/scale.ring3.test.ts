import { rm } from 'node:fs/promises';
import { MOCK_PASSWORD, type MockServer, readyStatus, startMockServer } from '@ostler/console/mock';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPage, signIn } from './browser';
import { buildConsole } from './build-console';
import { largeWorld } from './large-world';

let browser: Browser;
let dist: string;
let server: MockServer;
let page: Page;
const world = largeWorld();

beforeAll(async () => {
  [browser, dist] = await Promise.all([openBrowser(), buildConsole()]);
  server = await startMockServer(world, dist);
  ({ page } = await openPage(browser, server.url, { width: 1280, theme: 'light' }));
  page.setDefaultTimeout(60_000);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(dist, { recursive: true, force: true });
});

const rows = () => page.getByRole('table', { name: 'Sites' }).getByRole('row');

test('a list of 10,000 sites shows a windowful of rows, and its last one at the end', async () => {
  await signIn(page, 'owner@example.test', MOCK_PASSWORD);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.goto('/sites');
  await page.getByRole('link', { name: 'site-00000' }).waitFor();
  expect(await rows().count()).toBeLessThan(120);
  await page.keyboard.press('End');
  await page.getByRole('link', { name: 'site-09999' }).waitFor();
});

test('a filter finds one of 10,000, and a change on its server is shown in place', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('site-07777');
  await page.getByRole('link', { name: 'site-07777' }).waitFor();
  expect(await rows().count()).toBe(2);
  const site = [...world.resources.values()].find(({ meta }) => meta?.name === 'site-07777');
  if (!site) throw new Error('The scene has no site-07777.');
  await page.getByRole('row').nth(1).getByText('Unknown').waitFor();
  world.putResource({ ...site, status: readyStatus(world, site) });
  await page.getByRole('row').nth(1).getByText('Ready').waitFor();
});
