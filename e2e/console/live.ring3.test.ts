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

beforeAll(async () => {
  [browser, dist] = await Promise.all([openBrowser(), buildConsole()]);
  world = fullScene();
  server = await startMockServer(world, dist);
  const first = await openPage(browser, server.url, { width: 1280, theme: 'light' });
  context = first.context;
  await signIn(first.page, 'owner@example.test', MOCK_PASSWORD);
  await first.page.locator('[data-live=live]').waitFor();
  pages.push(first.page);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
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
