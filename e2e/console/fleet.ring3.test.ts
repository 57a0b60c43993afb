import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { joinArguments, type OstlerProcess, OWNER_EMAIL, OWNER_PASSWORD, startOstler } from '../harness';
import { runProgramWith } from '../perf/run-program';
import { seriousFindings } from './axe';
import { openBrowser, openPage, signIn } from './browser';

const agentProgram = join(import.meta.dirname, '../../apps/agent/dist/agent.cjs');

let browser: Browser;
let ostler: OstlerProcess;
let page: Page;
let complaints: string[];
/** The server that is this machine. */
let local: string;

beforeAll(async () => {
  [browser, ostler] = await Promise.all([
    openBrowser(),
    startOstler({ environment: { OSTLER_LOCAL_AGENT: 'on' } }),
  ]);
  const { fleet } = await ostler.signIn();
  local = (await fleet.listServers({})).servers[0]!.name;
  ({ page, complaints } = await openPage(browser, ostler.url, { width: 1280, theme: 'light' }));
  page.setDefaultTimeout(30_000);
  await signIn(page, OWNER_EMAIL, OWNER_PASSWORD);
  await page.locator('[data-live=live]').waitFor();
});

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  console.error(ostler.output().slice(-4000));
  if (!process.env.OSTLER_SCREENSHOTS) return;
  await page.screenshot({
    path: join(process.env.OSTLER_SCREENSHOTS, `failed-${task.name.slice(0, 40)}.png`),
  });
});

afterAll(async () => {
  await browser?.close();
  await ostler?.stop();
  await ostler?.remove();
});

const button = (name: string | RegExp) => page.getByRole('button', { name });
const dialog = () => page.getByRole('dialog');
const state = (name: string) => page.locator('header [data-health]', { hasText: name });
/** As a program without a browser calls. */
const call = (method: string, body: object, token?: string): Promise<Response> =>
  fetch(`${ostler.url}/ostler.api.v1.${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
const openServer = async (): Promise<void> => {
  await page.goto(`/servers/${local}`);
  await state('Connected').waitFor();
};

test('a server shows what its machine is made of, and the bound of its own administrator', async () => {
  await openServer();
  await page.getByRole('heading', { name: 'Disks' }).waitFor();
  await page
    .getByText(/\d+(\.\d)? [GT]iB of \d+(\.\d)? [GT]iB free/)
    .first()
    .waitFor();
  await page.getByRole('heading', { name: 'Local policy' }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

test('the connection is checked to the agent and back', async () => {
  await openServer();
  await button('Check connection').click();
  await dialog()
    .getByText(/The agent of .* answered in \d+ ms\./)
    .first()
    .waitFor();
  const steps = await dialog().getByRole('listitem').allInnerTexts();
  expect(steps.filter((step) => !step.includes('Passed'))).toEqual([]);
  await button('Check again').click();
  await dialog()
    .getByText(/answered in \d+ ms\./)
    .first()
    .waitFor();
});

test('a diagnose bundle is gathered and downloaded', async () => {
  await openServer();
  await button('Run').click();
  await page.getByRole('menuitem', { name: 'Diagnose' }).click();
  await state('Succeeded').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), button('Download').click()]);
  const bundle = await readFile(await download.path(), 'utf8');
  expect(bundle).toMatch(/^Diagnose bundle of /);
  for (const title of ['Server', 'Disks', 'Trust', 'What the agent holds', 'Store']) {
    expect(bundle).toContain(`== ${title}\n`);
  }
  expect(bundle).not.toMatch(/PRIVATE KEY|ost_join_[A-Za-z0-9]/);
});

test('labels are kept under a name, and the list is filtered by it', async () => {
  await openServer();
  await button('More').click();
  await page.getByRole('menuitem', { name: 'Edit name and labels' }).click();
  await page.getByLabel('Labels').fill('env=lab');
  await button('Save').click();
  await dialog().waitFor({ state: 'hidden' });
  await page.goto('/servers?q=label:env%3Dlab');
  await page.getByRole('link', { name: local }).waitFor();
  await button('Selectors').click();
  await dialog().getByLabel('Name').fill('lab');
  await dialog().getByRole('button', { name: 'Save' }).click();
  await dialog().getByText('1 server').waitFor();
  await page.keyboard.press('Escape');
  await button('Clear the filter').click();
  await button(/^@lab/).click();
  await page.waitForURL(/selector(:|%3A)lab/);
  await page.getByRole('link', { name: local }).waitFor();
});

test('a machine at the door is let in, and joins with the key that was compared', async () => {
  const { fleet } = await ostler.signIn();
  const { command } = await fleet.createJoinToken({ requestId: randomUUID(), waitingRoom: true });
  const folder = await mkdtemp(join(tmpdir(), 'ostler-waiting-'));
  const environment = { ...process.env, OSTLER_STATE_FOLDER: folder };
  const askToJoin = () =>
    runProgramWith(environment, process.execPath, [
      agentProgram,
      'join',
      ...joinArguments(command),
      '--name',
      'at-the-door',
    ]);
  const said = await askToJoin();
  await page.goto('/');
  const room = page.getByRole('region', { name: 'Waiting room' });
  await room.getByText('at-the-door').first().waitFor();
  const key = /sha256\/\/\S+=/.exec(said)?.[0] ?? 'no key was said';
  expect(await room.innerText()).toContain(key);
  await room.getByRole('button', { name: /Let in/ }).click();
  await room.waitFor({ state: 'hidden' });
  await askToJoin();
  await page.goto('/servers/at-the-door');
  await state('Joined').waitFor();
  await rm(folder, { recursive: true });
});

test('a join token is made with its command and user data, listed, and revoked', async () => {
  await page.goto('/servers#join');
  await dialog()
    .getByLabel(/What it is for/)
    .fill('racks');
  await dialog()
    .getByLabel(/waits until somebody lets it in/)
    .check();
  await button('Make the command').click();
  await dialog()
    .getByText(/install\.sh/)
    .waitFor();
  await dialog().getByText('Waiting for the server').waitFor();
  await button('cloud-init').click();
  await dialog()
    .getByText(/#cloud-config/)
    .waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await page.goto('/settings?tab=join');
  const row = page.getByRole('listitem').filter({ hasText: 'racks' });
  await row.getByText(/waiting room/).waitFor();
  await row.getByRole('button', { name: 'Revoke' }).click();
  await row.getByText(/revoked/).waitFor();
});

test('a newcomer makes a site of their own and opens it', async () => {
  await page.goto('/');
  await page.getByRole('link', { name: 'Make my first site' }).click();
  await page.getByLabel('What the page says').fill('Made by <me>');
  await button(`Put it on ${local}`).click();
  const open = page.getByRole('link', { name: /^Open my-site\.localhost/ });
  const [site] = await Promise.all([page.context().waitForEvent('page'), open.click()]);
  await site.getByRole('heading', { name: 'Made by <me>' }).waitFor();
  await site.close();
  // What is served is nobody's first step any more.
  await page.goto('/');
  await page.getByRole('heading', { name: 'Needs attention' }).waitFor();
  expect(await page.getByRole('heading', { name: 'First steps' }).count()).toBe(0);
});

test('an API token works until it is revoked', async () => {
  await page.goto('/settings?tab=tokens');
  await button('Create token').click();
  await dialog().getByLabel('Name').fill('from-a-browser');
  await dialog().getByRole('button', { name: 'Create token' }).click();
  const token = await dialog().locator('pre').innerText();
  await dialog().getByRole('button', { name: 'Done' }).click();
  expect((await call('FleetService/ListServers', {}, token)).status).toBe(200);
  const row = page.getByRole('listitem').filter({ hasText: 'from-a-browser' });
  await row.getByRole('button', { name: 'Revoke' }).click();
  await row.getByText('revoked', { exact: true }).waitFor();
  expect((await call('FleetService/ListServers', {}, token)).status).toBe(401);
});

test('a person looks with the role viewer, is told what that may not, and is out when disabled', async () => {
  await page.goto('/settings?tab=people');
  await button('Add person').click();
  await dialog().getByLabel('E-mail').fill('looks@example.test');
  await dialog().getByLabel('Role').selectOption({ label: 'Viewer: looks' });
  await dialog().getByRole('button', { name: 'Add person' }).click();
  const first = await dialog().locator('pre').innerText();
  await dialog().getByRole('button', { name: 'Done' }).click();
  const theirs = await openPage(browser, ostler.url, { width: 1280, theme: 'dark' });
  await signIn(theirs.page, 'looks@example.test', first);
  await theirs.page.getByLabel('Current password').fill(first);
  await theirs.page.getByLabel('New password', { exact: true }).fill('three words of a viewer');
  await theirs.page.getByLabel('New password, again').fill('three words of a viewer');
  await theirs.page.getByRole('button', { name: 'Change password and go on' }).click();
  const create = theirs.page.getByRole('button', { name: 'Create site' });
  await create.hover();
  await theirs.page
    .getByRole('tooltip')
    .getByText(/needs the right RESOURCES_WRITE/)
    .waitFor();
  await button('Change looks@example.test').click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  await page.getByText(/disabled/).waitFor();
  await theirs.page.reload();
  await theirs.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await theirs.context.close();
});

test('limits are told with the values that count here', async () => {
  await page.goto('/settings?tab=limits');
  const row = page.getByRole('listitem').filter({ hasText: 'Resources in one Apply' });
  await row.getByText('500', { exact: true }).waitFor();
  await page.getByText('OSTLER_KEEP_OUTPUT_DAYS').waitFor();
});

test('a program is let in by the person whose browser shows its code', async () => {
  const asked = { program: 'ostler', computer: 'laptop' };
  const begun: unknown = await (await call('IdentityService/BeginBrowserSignIn', asked)).json();
  const { secret, code, path } = begun as Record<'secret' | 'code' | 'path', string>;
  await page.goto(path);
  await page.getByText(code, { exact: true }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);
  await button('Let it in').click();
  await page.getByText(/The program is signed in/).waitFor();
  const taken = (await (await call('IdentityService/TakeBrowserSignIn', { secret })).json()) as {
    state: string;
    sessionToken: string;
  };
  expect(taken.state).toBe('STATE_APPROVED');
  expect((await call('FleetService/ListServers', {}, taken.sessionToken)).status).toBe(200);
});

test('what was done here is in the activity, with what it changed', async () => {
  await page.goto(`/activity?about=my-site`);
  await page
    .getByRole('table', { name: 'Activity' })
    .getByRole('row')
    .nth(1)
    .getByRole('link')
    .first()
    .click();
  await dialog().getByText('It was made here: there is nothing before it.').waitFor();
  await page.goto(`/servers/${local}?tab=history`);
  await page.getByRole('listitem').filter({ hasText: 'Diagnose succeeded' }).waitFor();
});

test('what a removal means is counted before anything is removed', async () => {
  await openServer();
  await button('More').click();
  await page.getByRole('menuitem', { name: 'Remove server' }).click();
  await dialog()
    .getByText(/is not let in any more/)
    .waitFor();
  await dialog().getByText('Placed only here').waitFor();
  await dialog()
    .getByLabel(/Type .* to confirm/)
    .fill(local);
  const remove = dialog().getByRole('button', { name: 'Remove server' });
  // The example site is placed there.
  expect(await remove.getAttribute('aria-disabled')).toBe('true');
  await button('Cancel').click();
  await openServer();
});

test('the versions of agents are shown with who runs them', async () => {
  await page.goto('/agents');
  await page.getByRole('heading', { name: 'In the fleet' }).waitFor();
  await page
    .getByText(/^\d servers?$/)
    .first()
    .waitFor();
  expect(await seriousFindings(page)).toEqual([]);
});

test('a revoked server is out, says so, and can be replaced', async () => {
  await openServer();
  await button('More').click();
  await page.getByRole('menuitem', { name: 'Revoke server' }).click();
  await dialog().getByLabel(/^Why/).fill('for a test');
  await dialog()
    .getByLabel(/Type .* to confirm/)
    .fill(local);
  await dialog().getByRole('button', { name: 'Revoke server' }).click();
  await state('Revoked').waitFor();
  await button('Check connection').click();
  await dialog()
    .getByText(/The trust of .* was ended: for a test/)
    .first()
    .waitFor();
  await page.keyboard.press('Escape');
  await button('More').click();
  await page.getByRole('menuitem', { name: 'Replace by another machine' }).click();
  await button('Make the command').click();
  await dialog()
    .getByText(/install\.sh/)
    .waitFor();
});

test('nothing complained', () => {
  expect(complaints.filter((line) => !/status of 401|ERR_NETWORK_CHANGED/.test(line))).toEqual([]);
});
