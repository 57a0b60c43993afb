import { rm } from 'node:fs/promises';
import {
  fullScene,
  makeServer,
  MOCK_PASSWORD,
  type MockServer,
  startMockServer,
  type World,
} from '@ostler/console/mock';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPage, signIn } from './browser';
import { buildConsole } from './build-console';

const TABS = 10;

let browser: Browser;
let dist: string;
let server: MockServer;
let world: World;
let context: BrowserContext;
const pages: Page[] = [];
let isServerClosed = false;

beforeAll(async () => {
  [browser, dist] = await Promise.all([openBrowser(), buildConsole()]);
  world = fullScene();
  server = await startMockServer(world, dist);
  const first = await openPage(browser, server.url, { width: 1280, theme: 'light', keepsShell: true });
  context = first.context;
  await signIn(first.page, 'owner@example.test', MOCK_PASSWORD);
  await first.page.locator('[data-live=live]').waitFor();
  pages.push(first.page);
});
afterAll(async () => {
  await browser?.close();
  if (!isServerClosed) await server?.close();
  await rm(dist, { recursive: true, force: true });
});

const inEveryTab = (look: (page: Page) => Promise<unknown>): Promise<unknown[]> =>
  Promise.all(pages.map(look));
const live = (page: Page) => page.locator('[data-live=live]').waitFor();

test('ten tabs are live over one socket, and one watch', async () => {
  while (pages.length < TABS) pages.push(await context.newPage());
  await inEveryTab((page) => page.goto('/servers'));
  await inEveryTab(live);
  expect([server.sockets(), world.watchers.size]).toEqual([1, 1]);
});

test('a change is shown in every tab', async () => {
  const one = makeServer('from-nowhere');
  world.putServer(one);
  await inEveryTab((page) => page.getByRole('link', { name: 'from-nowhere' }).first().waitFor());
});

test('a cut is healed over one new socket, and what was typed meanwhile stays', async () => {
  const page = pages[0]!;
  await page.getByRole('textbox', { name: 'Filter' }).fill('from');
  server.cut();
  world.putServer(makeServer('from-elsewhere'));
  await inEveryTab((tab) => tab.getByRole('link', { name: 'from-elsewhere' }).first().waitFor());
  expect(await page.getByRole('textbox', { name: 'Filter' }).inputValue()).toBe('from');
  expect([server.sockets(), world.watchers.size]).toEqual([1, 1]);
});

test('a paused tab stays as it is, says what waits, and goes on', async () => {
  const page = pages[1]!;
  await page.getByRole('button', { name: /^Live data/ }).click();
  await page.getByRole('menuitem', { name: 'Pause this tab' }).click();
  world.putServer(makeServer('while-paused'));
  await pages[2]!.getByRole('link', { name: 'while-paused' }).first().waitFor();
  await page.getByText(/^Paused, \d+ wait$/).waitFor();
  expect(await page.getByRole('link', { name: 'while-paused' }).count()).toBe(0);
  await page.getByRole('button', { name: /^Live data/ }).click();
  await page.getByRole('menuitem', { name: /^Go on/ }).click();
  await page.getByRole('link', { name: 'while-paused' }).first().waitFor();
});

test('who signs out in one tab is out in all of them, and what they saw is gone', async () => {
  const [first, ...others] = pages;
  await first!.getByRole('button', { name: /^Signed in as/ }).click();
  await first!.getByRole('menuitem', { name: 'Sign out' }).click();
  await Promise.all(others.map((page) => page.getByLabel('E-mail').waitFor()));
  expect(await others[0]!.getByText('from-nowhere').count()).toBe(0);
  await expect.poll(() => world.watchers.size).toBe(0);
});

test('without a control plane the page says how old it is, and its shell still opens', async () => {
  const page = pages[0]!;
  await signIn(page, 'owner@example.test', MOCK_PASSWORD);
  await live(page);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await server.close();
  isServerClosed = true;
  await page.getByText(/^What you see is from /).waitFor();
  await page.getByRole('button', { name: 'Try now' }).waitFor();
  await page.reload();
  await page.getByText('The control plane did not answer', { exact: false }).first().waitFor();
  const kept = await page.evaluate(async () => {
    const caching = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
    return (await Promise.all(caching)).flat().map(({ url }) => new URL(url).pathname);
  });
  expect(kept).toContain('/index.html');
  expect(kept.filter((path) => /ostler\.api|^\/api|^\/docs/.test(path))).toEqual([]);
});
