import { Operation_State } from '@ostler/contracts';
import { runOperation } from '@ostler/sdk';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { openBrowser, openPage, signIn } from '../console/browser';
import { OWNER_EMAIL, OWNER_PASSWORD, waitFor } from '../harness';
import { type LocalOstler, startWithLocalAgent } from './local-ostler';
import { atMost, writeSection } from './report';
import { duration, percentile } from './statistics';

const TABS = 10;
const CHANGES = Number(process.env['OSTLER_BENCH_CHANGES'] ?? 40);

let control: LocalOstler;
let browser: Browser;
const tabs: Page[] = [];

beforeAll(async () => {
  [control, browser] = await Promise.all([startWithLocalAgent(), openBrowser()]);
  const { page, context } = await openPage(browser, control.process.url, { width: 1280, theme: 'light' });
  await context.exposeBinding('endShown', (_source, uid: string, atMs: number) => {
    shown.set(uid, [...(shown.get(uid) ?? []), atMs]);
  });
  await context.addInitScript(noteEnds);
  await signIn(page, OWNER_EMAIL, OWNER_PASSWORD);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  tabs.push(page);
  while (tabs.length < TABS) tabs.push(await openWindow(context));
  for (const tab of tabs) {
    await tab.goto('/operations');
    await tab.locator('[data-live=live]').waitFor();
  }
  const sockets = await openSockets();
  if (sockets !== 1) throw new Error(`the ${TABS} tabs have ${sockets} sockets instead of one`);
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await control?.end();
});

/** A tab in a window of its own: one that lies behind another is drawn when the browser likes, up to a second later. */
async function openWindow(context: BrowserContext): Promise<Page> {
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send('Target.getTargets');
  const first = targetInfos.find(({ type, url }) => type === 'page' && url.startsWith(control.process.url));
  const opened = context.waitForEvent('page');
  await session.send('Target.createTarget', {
    url: 'about:blank',
    newWindow: true,
    browserContextId: first?.browserContextId,
  });
  await session.detach();
  return opened;
}

/** What the control plane says: the tabs share one WebSocket, and none went another way. */
async function openSockets(): Promise<number> {
  const metrics = await (await fetch(`${control.process.url}/metrics`)).text();
  return Number(/^ostler_sockets (\d+)$/m.exec(metrics)?.[1]);
}

declare global {
  interface Window {
    /** Tells that the end of an operation is on the screen since this time, in milliseconds since 1970. */
    endShown: (uid: string, atMs: number) => Promise<void>;
  }
}

/** In the page: tells when a row of the list shows that its operation has succeeded, after that was painted. */
function noteEnds(): void {
  const noted = new Set<string>();
  const afterPaint = (uid: string): void => {
    requestAnimationFrame(() =>
      setTimeout(() => void window.endShown(uid, performance.timeOrigin + performance.now())),
    );
  };
  const look = (): void => {
    for (const badge of document.querySelectorAll('[role=row] [data-health=ready]')) {
      const link = badge.closest('[role=row]')?.querySelector('a[href*="/operations/"]');
      const uid = link?.getAttribute('href')?.split('/').at(-1);
      if (!uid || noted.has(uid)) continue;
      noted.add(uid);
      afterPaint(uid);
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true });
}

/** When each operation was shown, by each tab that has shown it. Told by the tabs: asking them would cost frames. */
const shown = new Map<string, number[]>();

/** Milliseconds until each tab shows that an operation has ended on the server, from when it was asked for. */
async function shownAfter(): Promise<number[]> {
  const spec = { operation: { case: 'noop' as const, value: {} } };
  const began = performance.timeOrigin + performance.now();
  const { uid, state } = await runOperation(control.ostler, { server: control.server.name, spec });
  expect(state).toBe(Operation_State.SUCCEEDED);
  await waitFor('every tab shows it', () => shown.get(uid)?.length === TABS);
  return shown.get(uid)!.map((at) => at - began);
}

test('a change on a server is on the screen of ten tabs', async () => {
  for (let warmUp = 0; warmUp < 5; warmUp++) await shownAfter();
  const rounds: number[][] = [];
  for (let round = 0; round < CHANGES; round++) rounds.push(await shownAfter());
  const all = rounds.flat();
  const slowest = rounds.map((times) => Math.max(...times));
  const p95 = percentile(all, 0.95);
  writeSection(
    'A change in ten tabs',
    `\`pnpm bench:tabs\`. ${TABS} tabs of one browser (Chromium, each in a window of its own, so that all of them are drawn) show the list of operations of a control plane with this machine as its server; ${CHANGES} no-op operations one after another. Each time runs from the call of Start, through control plane, agent and back, until the tab has painted that the operation has succeeded.`,
    [
      { what: 'every tab, p95', measured: duration(p95), beside: atMost(300, p95, duration) },
      { what: 'every tab, p50', measured: duration(percentile(all, 0.5)), beside: '' },
      { what: 'the slowest of the ten, p95', measured: duration(percentile(slowest, 0.95)), beside: '' },
    ],
  );
}, 600_000);
