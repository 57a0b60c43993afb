import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import {
  MOCK_PASSWORD,
  type MockServer,
  readyStatus,
  startMockServer,
  type World,
} from '@ostler/console/mock';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { openBrowser, openPage, signIn } from '../console/browser';
import { buildConsole } from '../console/build-console';
import { largeWorld, LARGE } from '../console/large-world';
import { type OstlerProcess, OWNER_EMAIL, OWNER_PASSWORD, startOstler } from '../harness';
import { atMost, writeSection } from './report';
import { duration, percentile } from './statistics';

const LOADS = 10;
const ROUNDS = 6;
const CHANGE_EVERY_MS = 200;

let browser: Browser;
let dist: string;
let control: OstlerProcess;
let mock: MockServer;
let world: World;

beforeAll(async () => {
  [browser, dist, control] = await Promise.all([
    openBrowser(),
    buildConsole(),
    startOstler({ environment: { OSTLER_EXAMPLE_SITE: 'off' } }),
  ]);
  await control.signIn();
  world = largeWorld();
  mock = await startMockServer(world, dist);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await mock?.close();
  await control?.stop();
  await control?.remove();
  await rm(dist, { recursive: true, force: true });
});

/** In the page, before anything else: every interaction, from the key or button to the next paint. */
function noteInteractions(): void {
  window.interactions = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { interactionId?: number })[])
      if (entry.interactionId) window.interactions.push({ id: entry.interactionId, ms: entry.duration });
  }).observe({ type: 'event', buffered: true, durationThreshold: 16 } as PerformanceObserverInit);
}

declare global {
  interface Window {
    interactions: { id: number; ms: number }[];
  }
}

async function paints(page: Page, path: string): Promise<number[]> {
  const samples: number[] = [];
  for (let load = 0; load < LOADS; load++) {
    await page.goto(path);
    const handle = await page.waitForFunction(
      () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    );
    samples.push(Number(await handle.jsonValue()));
  }
  return samples;
}

/** Where `index.html` begins, with all that it loads by itself: scripts, their imports, styles. */
async function baseBytes(): Promise<number> {
  const html = await readFile(join(dist, 'index.html'), 'utf8');
  const queue = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, file]) => file!);
  const seen = new Set<string>();
  let bytes = 0;
  for (const file of queue) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = await readFile(join(dist, file));
    bytes += gzipSync(text).length;
    if (!file.endsWith('.js')) continue;
    for (const [, name] of text.toString('utf8').matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g))
      queue.push(`assets/${name}`);
  }
  expect((await readdir(join(dist, 'assets'))).length).toBeGreaterThan(seen.size);
  return bytes;
}

/** What an operator does with the keyboard and the mouse, over lists that change meanwhile. */
async function work(page: Page): Promise<void> {
  for (const [path, filter] of [
    ['/sites', 'site-0777'],
    ['/servers', 'server-7'],
  ] as const) {
    await page
      .getByRole('link', { name: path === '/sites' ? 'Sites' : 'Servers', exact: true })
      .first()
      .click();
    await page.getByRole('row').nth(1).waitFor();
    for (const key of ['j', 'j', 'j', 'k', 'End', 'Home', 'j']) await page.keyboard.press(key);
    await page.getByRole('columnheader').getByRole('button').first().click();
    await page.keyboard.press('/');
    await page.keyboard.type(filter);
    await page.getByRole('row').nth(1).waitFor();
    for (let count = 0; count < filter.length; count++) await page.keyboard.press('Backspace');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('site-05');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
  }
}

/** A site that changes on its server, five times a second. */
function keepChanging(): () => void {
  const sites = [...world.resources.values()];
  let next = 0;
  const timer = setInterval(() => {
    const site = sites[(next++ * 7919) % sites.length]!;
    world.putResource({ ...site, status: readyStatus(world, site) });
  }, CHANGE_EVERY_MS);
  return () => clearInterval(timer);
}

async function interactions(): Promise<number[]> {
  const { page, context } = await openPage(browser, mock.url, { width: 1280, theme: 'light' });
  page.setDefaultTimeout(60_000);
  await context.addInitScript(noteInteractions);
  await signIn(page, 'owner@example.test', MOCK_PASSWORD);
  await page.locator('[data-live=live]').waitFor();
  const stop = keepChanging();
  try {
    for (let round = 0; round < ROUNDS; round++) await work(page);
  } finally {
    stop();
  }
  const seen = await page.evaluate(() => window.interactions);
  // Key down, press and up are one interaction: the longest of them counts (as INP does).
  const byId = new Map<number, number>();
  for (const { id, ms } of seen) byId.set(id, Math.max(byId.get(id) ?? 0, ms));
  return [...byId.values()];
}

test('the console is there at once, and answers at once', async () => {
  const { page } = await openPage(browser, control.url, { width: 1280, theme: 'light' });
  const first = await paints(page, '/');
  await signIn(page, OWNER_EMAIL, OWNER_PASSWORD);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  const signedIn = await paints(page, '/sites');
  const slow = await interactions();
  const paint = percentile([...first, ...signedIn], 0.95);
  const base = await baseBytes();
  const p95 = percentile(slow, 0.95);
  const kib = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KiB`;
  writeSection(
    'The console in a browser',
    `\`pnpm bench:console\`. Chromium without a window on the machine of the control plane. First contentful paint: ${LOADS} loads of the sign-in page and ${LOADS} of the list of sites, p95 of all. Interactions: keys and clicks of an operator in lists of ${LARGE.servers} servers and ${LARGE.sites} sites (from the services of the browser tests) while five sites change each second; each from the input to the next paint (Event Timing, in steps of 8 ms; below 16 ms not told by the browser and not counted).`,
    [
      {
        what: 'first contentful paint, p95',
        measured: duration(paint),
        beside: atMost(1000, paint, duration),
      },
      { what: 'base, gzip', measured: kib(base), beside: atMost(200 * 1024, base, kib) },
      {
        what: `interaction to next paint, p95 of ${slow.length}`,
        measured: duration(p95),
        beside: atMost(100, p95, duration),
      },
      { what: 'interaction to next paint, slowest', measured: duration(Math.max(...slow)), beside: '' },
    ],
  );
}, 600_000);
