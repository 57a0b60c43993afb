import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  emptyScene,
  failingScene,
  firstRunScene,
  fullScene,
  hostileScene,
  LONGEST_NAME,
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

/** Everything that can be there, nothing, a bad night, and what somebody else wrote at its worst. */
const scenes = { full: fullScene, empty: emptyScene, failing: failingScene, hostile: hostileScene };
type SceneName = keyof typeof scenes;

interface Look extends View {
  /** With axe too: once for each layout and theme is enough, it takes its time. */
  readonly axe?: boolean;
}

const light = (width: number, axe = false): Look => ({ width, theme: 'light', axe });
const dark = (width: number, axe = false): Look => ({ width, theme: 'dark', axe });

/** Every width and both themes, where they differ most. A bad night has all of the full fleet in it. */
const looks: Readonly<Record<SceneName, readonly Look[]>> = {
  full: [],
  empty: [light(375, true)],
  failing: [dark(375, true), light(1280, true), dark(1920)],
  hostile: [light(375), light(768)],
};

/** For a review by eye: every width in both themes. */
const allLooks: readonly Look[] = [375, 768, 1280, 1920].flatMap((width) => [light(width), dark(width)]);

const viewsOf = (scene: SceneName): readonly Look[] => (pictures ? allLooks : looks[scene]);

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
  'settings-limits': '/settings?tab=limits',
  'settings-password': '/settings',
  agents: '/agents',
  start: '/start',
  approve: '/approve',
  'not-there': '/nowhere',
};

/** Pages of things that only a scene with things has. */
const details: Readonly<Record<string, string>> = {
  server: '/servers/web-fra-1',
  held: '/servers/web-fra-3',
  revoked: '/servers/web-ams-4',
  placements: '/servers/web-fra-1?tab=placements',
  'server-operations': '/servers/web-fra-1?tab=operations',
  'server-history': '/servers/web-fra-1?tab=history',
  found: '/servers/web-fra-1?tab=foreign',
  site: '/sites/shop',
  revisions: '/sites/shop?tab=revisions',
  drift: '/sites/blog-eu?tab=drift',
  configuration: '/sites/shop?tab=configuration',
  'edit-site': '/sites/shop/edit',
  certificate: '/certificates/shop',
};

/** Where the names of the hostile scene stand in an address and in a head. */
const hostileDetails: Readonly<Record<string, string>> = {
  server: `/servers/${LONGEST_NAME}`,
  placements: `/servers/${LONGEST_NAME}?tab=placements`,
  'server-history': `/servers/${LONGEST_NAME}?tab=history`,
  found: `/servers/${LONGEST_NAME}?tab=foreign`,
  site: `/sites/${LONGEST_NAME}`,
  'edit-site': `/sites/${LONGEST_NAME}/edit`,
  certificate: `/certificates/${LONGEST_NAME}`,
};

/** The pages of a scene, by the name of their picture. */
function pagesOf(scene: SceneName, world: World): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(allPagesOf(scene, world)).filter(([name]) => chosen.test(name)));
}

function allPagesOf(scene: SceneName, world: World): Readonly<Record<string, string>> {
  if (scene === 'empty') return pages;
  const [operation] = world.operations.keys();
  const more = scene === 'hostile' ? hostileDetails : details;
  return {
    ...pages,
    ...more,
    operation: `/operations/${operation}`,
    entry: `/activity#${world.audit[0]?.uid}`,
  };
}

let browser: Browser;
let dist: string;
/**
 * Asking who is signed in, before anybody is, is answered with 401; and a network interface that comes or goes
 * on this machine ends every request of a browser.
 */
const EXPECTED = /status of 401|ERR_NETWORK_CHANGED/;
const pictures = process.env.OSTLER_SCREENSHOTS;
/** While one page is being made: only the pages whose name has this in it. */
const chosen = new RegExp(process.env.OSTLER_SCREENSHOTS_OF ?? '');

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

/** The same page in another window: it is not loaded again. */
async function lookAs(page: Page, { width, theme }: View): Promise<void> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await page.setViewportSize({ width, height: width < 700 ? 812 : 1000 });
  await page.locator(`html[data-theme=${theme}]`).waitFor();
  await settle(page);
}

async function faultsOf(page: Page, { axe }: Look): Promise<readonly string[]> {
  const overflow = await overflowOf(page);
  const ran = await page.evaluate(() => document.body.dataset['hostile']);
  return [
    ...(overflow > 0 ? [`${overflow} px wider than the window`] : []),
    ...(ran === undefined ? [] : ['what somebody wrote as a text ran as a program']),
    ...(axe ? await seriousFindings(page) : []),
  ];
}

/**
 * Content that is wider than the window makes the whole page scroll sideways. The page follows a window that has
 * changed some frames later, so it is given some.
 */
function overflowOf(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const root = document.documentElement;
    for (let frame = 0; frame < 60 && root.scrollWidth > root.clientWidth; frame += 1) {
      await new Promise(requestAnimationFrame);
    }
    return root.scrollWidth - root.clientWidth;
  });
}

async function withServer(world: World, run: (server: MockServer) => Promise<void>): Promise<void> {
  const server = await startMockServer(world, dist);
  try {
    await run(server);
  } finally {
    await server.close();
  }
}

test.each((Object.keys(scenes) as SceneName[]).filter((scene) => viewsOf(scene).length > 0))(
  'the %s fleet: every page fits into every width, in both themes, and nothing complains',
  async (scene) => {
    const world = scenes[scene]({ stepMs: 50, joinAfterSteps: 0 });
    await withServer(world, async ({ url }) => {
      const views = viewsOf(scene);
      const { page, context, complaints } = await openPage(browser, url, views[0]!);
      await signIn(page, 'owner@example.test', MOCK_PASSWORD);
      await settle(page);
      const found: string[] = [];
      for (const [name, path] of Object.entries(pagesOf(scene, world))) {
        await go(page, path);
        // What the address names after its # is a dialog.
        if (path.includes('#')) await page.getByRole('dialog').waitFor();
        for (const view of views) {
          await lookAs(page, view);
          if (pictures) await picture(page, `${scene}-${name}-${view.width}-${view.theme}`);
          found.push(
            ...(await faultsOf(page, view)).map(
              (fault) => `${name}, ${view.width} px, ${view.theme}: ${fault}`,
            ),
          );
        }
      }
      expect([...found, ...complaints.filter((line) => !EXPECTED.test(line))]).toEqual([]);
      await context.close();
    });
  },
  300_000,
);

test('a viewer is shown every page, with nothing to press that would be refused', async () => {
  const world = failingScene({ stepMs: 50, joinAfterSteps: 0 });
  await withServer(world, async ({ url }) => {
    const { page, context, complaints } = await openPage(browser, url, light(1280));
    await signIn(page, 'viewer@example.test', MOCK_PASSWORD);
    await settle(page);
    const found: string[] = [];
    for (const [name, path] of Object.entries(pagesOf('failing', world))) {
      await go(page, path);
      await settle(page);
      if (pictures) await picture(page, `viewer-${name}-1280-light`);
      for (const text of await pressable(page)) found.push(`${name}: ${text}`);
    }
    expect([...found, ...complaints.filter((line) => !EXPECTED.test(line))]).toEqual([]);
    await context.close();
  });
});

/**
 * Buttons whose words change something and that are not refused. A form may be filled in by anybody: its own
 * button says why it is not sent.
 */
function pressable(page: Page): Promise<string[]> {
  const changes =
    /^(Create|Join server|Apply|Delete|Remove|Revoke|Cancel operation|Let in|Reject|Add|Edit|Publish|Run|Save)\b/;
  return page.locator('main :is(button, a):not(form *, nav *):visible').evaluateAll(
    (elements, source) =>
      elements
        .filter((element) => element.getAttribute('aria-disabled') !== 'true')
        .map((element) => element.textContent.trim())
        .filter((text) => new RegExp(source).test(text)),
    changes.source,
  );
}

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
