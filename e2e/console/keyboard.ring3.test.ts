import { rm } from 'node:fs/promises';
import { fullScene, MOCK_PASSWORD, type MockServer, startMockServer, type World } from '@ostler/console/mock';
import { Kind } from '@ostler/contracts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPage } from './browser';
import { buildConsole } from './build-console';

let browser: Browser;
let dist: string;
let server: MockServer;
let world: World;
let page: Page;

beforeAll(async () => {
  [browser, dist] = await Promise.all([openBrowser(), buildConsole()]);
  world = fullScene({ stepMs: 40, joinAfterSteps: 5 });
  server = await startMockServer(world, dist);
  ({ page } = await openPage(browser, server.url, { width: 1280, theme: 'light' }));
  page.setDefaultTimeout(10_000);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(dist, { recursive: true, force: true });
});

const heading = (name: string) => page.getByRole('heading', { name, exact: true });
const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
const siteNames = (): string[] =>
  [...world.resources.values()].flatMap(({ meta }) => (meta?.kind === Kind.SITE ? [meta.name] : [])).sort();
/** Opens the palette, runs what it finds first for a text. */
async function command(text: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').waitFor();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}
const press = (...keys: string[]) =>
  keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());

test('somebody without a mouse signs in', async () => {
  await page.goto('/');
  await heading('Sign in').waitFor();
  await page.keyboard.type('owner@example.test');
  await press('Tab');
  await page.keyboard.type(MOCK_PASSWORD);
  await press('Enter');
  await heading('Overview').waitFor();
});

test('the palette finds a page and a thing by a part of its name', async () => {
  await command('sites');
  await heading('Sites').waitFor();
  await command('old-sh');
  await heading('old-shop').waitFor();
});

test('j and k go through a list, Enter opens, and / goes to the filter', async () => {
  await command('sites');
  await heading('Sites').waitFor();
  await press('j', 'j', 'j', 'k');
  const name = await focused();
  expect(name).toBe(siteNames()[1]);
  await press('Enter');
  await heading(name).waitFor();
  await page.goBack();
  await heading('Sites').waitFor();
  await press('/');
  await page.keyboard.type('ready:no');
  await page.getByText('No site matches').waitFor();
});

test('a dialog takes the focus, keeps it, and gives it back', async () => {
  await command('join a');
  const dialog = page.getByRole('dialog', { name: 'Join a server' });
  await dialog.waitFor();
  for (let count = 0; count < 12; count += 1) {
    await press('Tab');
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  }
  await press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('a server that joins comes into the dialog that waits for it, and into the list', async () => {
  await command('join a');
  await page.getByRole('button', { name: 'Make the command' }).focus();
  await press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Join a server' });
  await dialog.getByText('Waiting for the server').waitFor();
  await dialog.getByText('Connected').waitFor();
  await press('Escape');
  await page.getByRole('table', { name: 'Servers' }).getByRole('link', { name: 'new-9' }).waitFor();
});

test('g and a letter goes to a section, and ? tells every key', async () => {
  await press('g', 'a');
  await heading('Activity').waitFor();
  await press('g', 's');
  await heading('Servers').waitFor();
  await press('?');
  const help = page.getByRole('dialog', { name: 'Keys' });
  await help.getByText('Choose the row').waitFor();
  await press('Escape');
  await help.waitFor({ state: 'detached' });
});

test('rows are chosen with x, something is run on all of them, and Escape chooses none', async () => {
  const before = world.operations.size;
  await page.getByRole('table', { name: 'Servers' }).waitFor();
  await press('j', 'x', 'j', 'x');
  const bar = page.getByRole('region', { name: 'Chosen rows' });
  await bar.getByText('2 servers chosen').waitFor();
  await bar.getByRole('button', { name: 'Run on 2 servers' }).focus();
  await press('Enter');
  await page.getByRole('menuitem', { name: 'No-op' }).focus();
  await press('Enter');
  await page.getByText('No-op: started on 2 servers.').waitFor();
  expect(world.operations.size).toBe(before + 2);
  await page.getByRole('menu').waitFor({ state: 'detached' });
  await press('Escape');
  await bar.waitFor({ state: 'detached' });
});

test('the palette runs an operation on a server, and knows people, tokens and limits', async () => {
  await command('No-op web-fra-2');
  await heading('No-op').waitFor();
  await command('silence after');
  await heading('Settings').waitFor();
  await page.getByText('Silence after which a server is Down').waitFor();
  await command('operator@');
  await page.getByText('operator@example.test').waitFor();
});

test('an operation is run and its output read to the end', async () => {
  await page.goto('/servers/web-fra-1');
  await page.getByRole('button', { name: 'Run' }).focus();
  await press('Enter');
  await page.getByRole('menuitem', { name: 'Diagnose' }).focus();
  await press('Enter');
  await page.getByRole('log').getByText('(empty)').waitFor();
  await page.locator('header [data-health=ready]').waitFor();
});
