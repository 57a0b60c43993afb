import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { HOSTILE_VALUES } from '@ostler/test-kit';
import { type OstlerProcess, OWNER_EMAIL, startOstler } from '../harness';
import { openBrowser, openPage, signIn } from './browser';

const NEW_PASSWORD = 'three words of one person';

let browser: Browser;
let ostler: OstlerProcess;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  [browser, ostler] = await Promise.all([
    openBrowser(),
    startOstler({ environment: { OSTLER_LOCAL_AGENT: 'on' } }),
  ]);
  ({ page, complaints } = await openPage(browser, ostler.url, { width: 1280, theme: 'light' }));
  page.setDefaultTimeout(40_000);
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

const heading = (name: string) => page.getByRole('heading', { name, exact: true });
const button = (name: string | RegExp) => page.getByRole('button', { name });
/** The badge beside the title. */
const state = (name: string) => page.locator('header [data-health]', { hasText: name });

test('the first password opens nothing but its own change', async () => {
  await signIn(page, OWNER_EMAIL, ostler.firstPassword ?? '');
  await heading('Choose your password').waitFor();
  await page.getByLabel('Current password').fill(ostler.firstPassword ?? '');
  await page.getByLabel('New password', { exact: true }).fill(NEW_PASSWORD);
  await page.getByLabel('New password, again').fill(NEW_PASSWORD);
  await button('Change password and go on').click();
  await heading('Overview').waitFor();
  await page.locator('[data-live=live]').waitFor();
});

test('this machine is there as a server, with what it can do', async () => {
  await page.getByRole('link', { name: 'Servers' }).first().click();
  const row = page.getByRole('row').nth(1);
  await row.locator('[data-health=ready]').waitFor();
  await row.getByRole('link').click();
  await state('Connected').waitFor();
  await page.getByText('Capabilities').waitFor();
});

test('a site is planned on the server, created, and served', async () => {
  await page.goto('/new/site');
  await page.getByLabel('Name', { exact: true }).fill('shop');
  await page.getByRole('textbox', { name: 'domain 1' }).fill('shop.localhost');
  await page.getByLabel('Answers with').selectOption('Fixed response');
  await page.getByLabel('Body, as HTML').fill('<h1>The shop is open</h1>');
  await untilPlanned();
  await page.getByRole('tab', { name: 'YAML' }).click();
  await page.getByText('kind: Site').waitFor();
  await button(/^Create on 1 server$/).click();
  await state('Ready').waitFor();
  const url = await page
    .getByRole('link', { name: /shop\.localhost/ })
    .first()
    .getAttribute('href');
  expect(await served(url ?? '')).toContain('The shop is open');
});

test('an edit makes a generation, and a revert another with the first spec', async () => {
  await page.getByRole('link', { name: 'Edit' }).click();
  await button('Response headers').click();
  await button('Add header').click();
  await page.getByLabel('Name', { exact: true }).nth(1).fill('X-Shop');
  await page.getByLabel('Value').fill('open');
  await page.getByText(/0 to add, 1 to change, 0 to remove on 1 server/).waitFor();
  await button(/^Apply to 1 server$/).click();
  await state('Ready').waitFor();
  await page.getByRole('link', { name: /Revisions/ }).click();
  await button(/Generation 2 \(present\)/).waitFor();
  await page.getByText('name: X-Shop').waitFor();
  await button(/Generation 1/).click();
  await button('Revert to this').click();
  await button('Revert on 1 server').click();
  await button(/Generation 3 \(present\)/).waitFor();
  await page.getByText('reverted to generation 1').waitFor();
});

test('a refused field is told at the field, in words', async () => {
  await page.goto('/sites/shop/edit');
  await page.getByRole('textbox', { name: 'domain 1' }).fill('hello.localhost');
  await page.getByRole('alert').filter({ hasText: 'hello' }).first().waitFor();
  await button('Cancel').click();
  await button('Leave').click();
  await heading('shop').waitFor();
});

test('a certificate is made in a form, and a site that is given it serves HTTPS with it', async () => {
  await page.goto('/new/certificate');
  await page.getByLabel('Name', { exact: true }).fill('local');
  await page.getByLabel('Source').selectOption({ label: 'From Ostler’s own authority, for development' });
  await page.getByRole('textbox', { name: 'domain 1' }).fill('shop.localhost');
  await button(/^Create/).click();
  await heading('local').waitFor();
  await page.getByText('no site; it is placed where a site refers to it').waitFor();
  await page.goto('/sites/shop/edit');
  await button(/^HTTPS/).click();
  await page.getByLabel('Certificate', { exact: true }).selectOption('local');
  await page.getByLabel('Redirect plain HTTP to HTTPS').uncheck();
  await button(/^Apply to 1 server$/).click();
  await state('Ready').waitFor();
  const url = await page
    .getByRole('link', { name: /^https:.*shop\.localhost/ })
    .first()
    .getAttribute('href');
  await page.goto('/certificates/local');
  await state('Ready').waitFor();
  await page.getByText('in 89 d').first().waitFor();
  const shown = page.locator('dd', { hasText: await fingerprintServed(url ?? '') });
  await shown.first().waitFor();
  await page.getByRole('link', { name: 'shop', exact: true }).waitFor();
});

test('an uploaded key is written and never read; a foreign one is refused at its field', async () => {
  const own = await selfSigned('upload.localhost');
  const foreign = await selfSigned('upload.localhost');
  await page.goto('/new/certificate');
  await page.getByLabel('Name', { exact: true }).fill('brought');
  await page.getByLabel('Source').selectOption({ label: 'Made elsewhere, uploaded' });
  const key = page.getByLabel('Private key, PEM');
  await page.getByLabel(/^Certificate, PEM/).fill(own.certificate);
  await key.fill(foreign.key);
  await page.locator('[aria-invalid=true]').waitFor();
  expect(await key.getAttribute('aria-invalid')).toBe('true');
  await key.fill(own.key);
  await page.locator('[aria-invalid=true]').waitFor({ state: 'detached' });
  await button(/^Create/).click();
  await heading('brought').waitFor();
  await page.goto('/certificates/brought/edit');
  expect(await page.getByLabel(/^Certificate, PEM/).inputValue()).toContain('BEGIN CERTIFICATE');
  expect(await key.inputValue()).toBe('');
  expect(await key.getAttribute('placeholder')).toBe('keeps what is stored');
  await page.getByRole('tab', { name: 'YAML' }).click();
  await page.getByText('kind: Certificate').waitFor();
  expect(await page.content()).not.toContain(own.key.split('\n')[1]);
});

test('a folder is published from the page of a site, and served', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ostler-public-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<h1>Published from the console</h1>');
  await writeFile(join(folder, 'assets/large.bin'), Buffer.alloc(2_500_000, 7));
  await page.goto('/new/site');
  await page.getByLabel('Name', { exact: true }).fill('pages');
  await page.getByRole('textbox', { name: 'domain 1' }).fill('pages.localhost');
  await page.getByLabel('Files come from').selectOption('A published release');
  await page.getByLabel('Folder to publish').setInputFiles(folder);
  await page.getByText(/^Published 2 files/).waitFor();
  await button(/^Create/).click();
  await state('Ready').waitFor();
  await writeFile(join(folder, 'index.html'), '<h1>Published again</h1>');
  await button('Publish').click();
  await page.getByLabel('Folder to publish').setInputFiles(folder);
  await page.getByText(/24 B were new/).waitFor();
  await button('Serve it on 1 server').click();
  const link = page.getByRole('link', { name: /^http:.*pages\.localhost/ }).first();
  const url = await link.getAttribute('href');
  await expect.poll(() => served(url ?? ''), { timeout: 40_000 }).toContain('Published again');
  await rm(folder, { recursive: true });
});

test('two people edit one site: both changes are shown, and put together they are served', async () => {
  await page.goto('/sites/shop/edit');
  await page.getByLabel('Body, as HTML').fill('<h1>Mine</h1>');
  const other = await page.context().newPage();
  await other.goto('/sites/shop/edit');
  await other.getByRole('button', { name: 'Response headers' }).click();
  await other.getByRole('button', { name: 'Add header' }).click();
  await other.getByLabel('Name', { exact: true }).nth(1).fill('X-Theirs');
  await other.getByLabel('Value').fill('theirs');
  await other.getByRole('button', { name: /^Apply to 1 server$/ }).click();
  await other.getByRole('heading', { name: 'shop', exact: true }).waitFor();
  await other.close();
  const conflict = page.getByRole('region', { name: 'Changed meanwhile' });
  await conflict.getByRole('group', { name: 'Their change' }).getByText('X-Theirs').waitFor();
  await conflict.getByRole('group', { name: 'Your change' }).getByText('<h1>Mine</h1>').waitFor();
  await conflict.getByText(/made generation \d+/).waitFor();
  await button('Put both together').click();
  await button(/^Apply to 1 server$/).click();
  await state('Ready').waitFor();
  const url = await page
    .getByRole('link', { name: /^http:.*shop\.localhost/ })
    .first()
    .getAttribute('href');
  const response = await page.context().request.get((url ?? '').replace('shop.localhost', '127.0.0.1'), {
    headers: { host: 'shop.localhost' },
  });
  expect(await response.text()).toContain('Mine');
  expect(response.headers()['x-theirs']).toBe('theirs');
});

/** A line of text drops line breaks, and UTS #46 what has no width; the rest must be refused as it is. */
const typeable = HOSTILE_VALUES.filter(
  ({ name }) => !/newline|carriage return|zero-width|half of a character/.test(name),
);

test.each([
  ['Name', /hexadecimal|decimal/],
  ['domain 1', /metadata name/],
  ['Folder', /none/],
])('hostile text typed into "%s" is refused at that field, and nothing is made', async (label, harmless) => {
  await page.goto('/new/site');
  await page.getByLabel('Name', { exact: true }).fill('hostile');
  await page.getByRole('textbox', { name: 'domain 1' }).fill('hostile.localhost');
  await page.getByLabel('Folder', { exact: true }).fill('/srv/hostile');
  const field = page.getByLabel(label, { exact: true });
  for (const { name, value } of typeable.filter((one) => !harmless.test(one.name))) {
    await field.fill(value);
    await page.locator('[aria-invalid=true]').first().waitFor();
    expect(await field.getAttribute('aria-invalid'), name).toBe('true');
    const id = (await field.getAttribute('aria-describedby'))?.split(' ').at(-1);
    expect(await page.locator(`[id="${id}"]`).innerText(), name).toMatch(/\w+ \w+/);
  }
  await button(/^Create/).click();
  expect(new URL(page.url()).pathname).toBe('/new/site');
  await button('Cancel').click();
  await button('Leave').click();
  await page.getByRole('link', { name: 'shop', exact: true }).waitFor();
  expect(await page.getByRole('link', { name: 'hostile', exact: true }).count()).toBe(0);
});

test('what only the server can refuse is told in the plan, and by the state when it is applied anyway', async () => {
  await page.goto('/new/site');
  await page.getByLabel('Name', { exact: true }).fill('outside');
  await page.getByRole('textbox', { name: 'domain 1' }).fill('outside.localhost');
  await page.getByLabel('Folder', { exact: true }).fill('/opt/outside');
  await untilPlanned('Refused there');
  await page.getByText(/handler\.staticFiles\.root/).waitFor();
  const folder = page.getByLabel('Folder', { exact: true });
  await expect.poll(() => folder.getAttribute('aria-invalid')).toBe('true');
  await page.getByRole('alert').filter({ hasText: /^On / }).waitFor();
  await button(/^Create on 1 server$/).click();
  await state('Failed').waitFor();
  await page
    .getByText(/handler\.staticFiles\.root/)
    .first()
    .waitFor();
});

test('a session that ends while a form is filled in is begun again over it, and nothing typed is lost', async () => {
  await page.goto('/sites/shop/edit');
  await page.getByRole('textbox', { name: 'domain 1' }).fill('shop-2.localhost');
  await page.context().clearCookies();
  await page.getByLabel(/Display name/).fill('Typed when nobody was signed in');
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await dialog.getByLabel('Password').fill(NEW_PASSWORD);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await page.getByLabel(/Display name/).inputValue()).toBe('Typed when nobody was signed in');
  await page.locator('[data-live=live]').waitFor();
  await button(/^Apply to 1 server$/).click();
  await state('Ready').waitFor();
});

test('an operation shows its output while it runs', async () => {
  await page.getByRole('link', { name: 'Servers' }).first().click();
  await page.getByRole('row').nth(1).getByRole('link').click();
  await button('Run').click();
  await page.getByRole('menuitem', { name: 'Diagnose' }).click();
  await state('Succeeded').waitFor();
  await expect.poll(() => page.getByRole('log').innerText()).toMatch(/\w/);
});

test('a deletion says what it means, and the site goes', async () => {
  await page.goto('/sites/shop');
  await button('More').click();
  await page.getByRole('menuitem', { name: 'Delete site' }).click();
  await page
    .getByRole('dialog')
    .getByText(/stops serving shop/)
    .waitFor();
  await page.getByLabel('Type shop to confirm').fill('shop');
  await button('Delete site').click();
  await heading('Sites').waitFor();
  await page.getByRole('link', { name: 'shop', exact: true }).waitFor({ state: 'detached' });
});

test('a control plane that goes away and comes back, and a reload, lose nothing that was typed', async () => {
  await page.goto('/new/site');
  await page.getByLabel('Name', { exact: true }).fill('kept');
  await page.getByLabel('Answers with').selectOption('Fixed response');
  await ostler.stop();
  await page.getByText(/^Offline, /).waitFor();
  await page.getByRole('textbox', { name: 'domain 1' }).fill('kept.localhost');
  await page.getByLabel('Body, as HTML').fill('<h1>Kept</h1>');
  await button(/^Create/).click();
  await page
    .getByText(/did not answer/)
    .first()
    .waitFor();
  ostler = await startOstler({
    dataFolder: ostler.dataFolder,
    ports: ostler.ports,
    environment: { OSTLER_LOCAL_AGENT: 'on' },
  });
  await page.locator('[data-live=live]').waitFor();
  await page.reload();
  await page.getByText('What you had typed here is back.').waitFor();
  expect(await page.getByLabel('Body, as HTML').inputValue()).toBe('<h1>Kept</h1>');
  await button(/^Create/).click();
  await heading('kept').waitFor();
  await state('Ready').waitFor();
});

test('the browser had nothing to complain of while the control plane was there', () => {
  const expected =
    /401|ERR_NETWORK_CHANGED|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|status of 4\d\d/;
  expect(complaints.filter((line) => !expected.test(line))).toEqual([]);
});

/** A machine that is busy with other things may not answer a dry run within its 3 s: then it is asked again. */
async function untilPlanned(verdict = 'Tested there'): Promise<void> {
  const again = button('Plan again');
  await expect
    .poll(
      async () => {
        if (await again.isVisible()) await again.click();
        return page.getByText(verdict).isVisible();
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBe(true);
}

/** What the server answers for the name of a URL; names under localhost are this machine. */
async function served(url: string): Promise<string> {
  const tab = await page.context().newPage();
  try {
    await tab.goto(url);
    return await tab.content();
  } finally {
    await tab.close();
  }
}

/** SHA-256 of the certificate that is shown to a client, as the console writes it. */
async function fingerprintServed(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect({
    host: '127.0.0.1',
    port: Number(port || 443),
    servername: hostname,
    // Ostler's own authority is trusted by nobody; what matters is which certificate it is.
    rejectUnauthorized: false,
  });
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

async function selfSigned(name: string): Promise<{ certificate: string; key: string }> {
  const arguments_ = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-days', '30'];
  const { stdout } = await promisify(execFile)('/usr/bin/openssl', [
    ...arguments_,
    ...subject,
    '-keyout',
    '-',
  ]);
  const pem = (title: string): string =>
    new RegExp(`-----BEGIN ${title}-----[^]*?-----END ${title}-----\\n`).exec(stdout)?.[0] ?? '';
  return { certificate: pem('CERTIFICATE'), key: pem('PRIVATE KEY') };
}
