import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  emptyScene,
  failingScene,
  firstRunScene,
  fullScene,
  MOCK_PASSWORD,
  type MockServer,
  startMockServer,
  type World,
} from '@ostler/console/mock';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seriousFindings } from './axe';
import { openBrowser, openPage, signIn, type View } from './browser';
import { buildConsole } from './build-console';

const scenes = { full: fullScene, empty: emptyScene, failing: failingScene };

interface Look extends View {
  readonly scene: keyof typeof scenes;
  /** Look with axe too: once for each theme and layout is enough, it takes its time. */
  readonly axe: boolean;
}

/** Each width and each theme once over the fleet that has everything, and the others where they differ most. */
const looks: readonly Look[] = [
  { scene: 'failing', width: 375, theme: 'dark', axe: true },
  { scene: 'failing', width: 768, theme: 'light', axe: false },
  { scene: 'failing', width: 1280, theme: 'light', axe: true },
  { scene: 'failing', width: 1920, theme: 'dark', axe: false },
  { scene: 'full', width: 1280, theme: 'dark', axe: false },
  { scene: 'empty', width: 375, theme: 'light', axe: true },
];

/** For a review by eye: every width in both themes. */
const allLooks: readonly Look[] = (['full', 'empty', 'failing'] as const).flatMap((scene) =>
  [375, 768, 1280, 1920].flatMap((width) =>
    (['light', 'dark'] as const).map((theme) => ({ scene, width, theme, axe: true })),
  ),
);

/** Every page, by the name of its picture. */
const pages: Readonly<Record<string, string>> = {
  overview: '/',
  servers: '/servers',
  join: '/servers#join',
  sites: '/sites',
  'sites-filtered': '/sites?q=state%3Afailed',
  'new-site': '/new/site',
  certificates: '/certificates',
  'new-certificate': '/new/certificate',
  operations: '/operations',
  activity: '/activity',
  'settings-tokens': '/settings?tab=tokens',
  'settings-people': '/settings?tab=people',
  'settings-join': '/settings?tab=join',
  agents: '/agents',
};

/** Pages of things that only a scene with things has. */
const details: Readonly<Record<string, string>> = {
  server: '/servers/web-fra-1',
  held: '/servers/web-fra-3',
  revoked: '/servers/web-ams-4',
  placements: '/servers/web-fra-1?tab=placements',
  site: '/sites/shop',
  revisions: '/sites/shop?tab=revisions',
  drift: '/sites/blog-eu?tab=drift',
  configuration: '/sites/shop?tab=configuration',
  'edit-site': '/sites/shop/edit',
  certificate: '/certificates/shop',
};

let browser: Browser;
let dist: string;
/**
 * Asking who is signed in, before anybody is, is answered with 401; and a network interface that comes or goes
 * on this machine ends every request of a browser.
 */
const EXPECTED = /status of 401|ERR_NETWORK_CHANGED/;
const pictures = process.env.OSTLER_SCREENSHOTS;

beforeAll(async () => {
  [browser, dist] = await Promise.all([openBrowser(), buildConsole()]);
});
afterAll(async () => {
  await browser?.close();
  await rm(dist, { recursive: true, force: true });
});

/** Goes to a page as a link does, without loading the console again. */
async function go(page: Page, path: string): Promise<void> {
  await page.evaluate(async (to) => {
    history.pushState({}, '', to);
    // The router hears of it, then shows that it is busy until the page is there.
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
  }, path);
}

/** What is shown has come: no skeleton, no turning plan, fonts there. */
async function settle(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(
    () =>
      document.querySelector('.animate-pulse, [aria-busy=true]') === null &&
      document.fonts.status === 'loaded',
  );
}

/** Content that is wider than the window makes the whole page scroll sideways. */
function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

async function withServer(world: World, run: (server: MockServer) => Promise<void>): Promise<void> {
  const server = await startMockServer(world, dist);
  try {
    await run(server);
  } finally {
    await server.close();
  }
}

test.each(pictures ? allLooks : looks)(
  'the $scene fleet at $width px, $theme (axe: $axe): every page fits and nothing complains',
  async ({ scene, axe, ...view }) => {
    await withServer(scenes[scene]({ stepMs: 50, joinAfterSteps: 0 }), async ({ url }) => {
      const { page, context, complaints } = await openPage(browser, url, view);
      await signIn(page, 'owner@example.test', MOCK_PASSWORD);
      await settle(page);
      const found: string[] = [];
      const all = scene === 'empty' ? pages : { ...pages, ...details };
      for (const [name, path] of Object.entries(all)) {
        await go(page, path);
        await settle(page);
        if (pictures) await picture(page, `${scene}-${name}-${view.width}-${view.theme}`);
        const overflow = await overflowOf(page);
        if (overflow > 0) found.push(`${name}: ${overflow} px wider than the window`);
        if (axe) found.push(...(await seriousFindings(page)).map((line) => `${name}: ${line}`));
      }
      expect([...found, ...complaints.filter((line) => !EXPECTED.test(line))]).toEqual([]);
      await context.close();
    });
  },
);

test('sign-in and the first password are shown before anything else', async () => {
  await withServer(firstRunScene(), async ({ url }) => {
    for (const theme of ['light', 'dark'] as const) {
      const { page, context } = await openPage(browser, url, { width: 1280, theme });
      await page.goto('/sites');
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      if (pictures) await picture(page, `sign-in-1280-${theme}`);
      const atSignIn = await seriousFindings(page);
      await signIn(page, 'owner@example.test', MOCK_PASSWORD);
      await page.getByRole('heading', { name: 'Choose your password' }).waitFor();
      if (pictures) await picture(page, `first-password-1280-${theme}`);
      expect([...atSignIn, ...(await seriousFindings(page))]).toEqual([]);
      await context.close();
    }
  });
});

async function picture(page: Page, name: string): Promise<void> {
  await mkdir(pictures ?? '', { recursive: true });
  await page.screenshot({ path: join(pictures ?? '', `${name}.png`) });
}
