import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Role, Server_State } from '@ostler/contracts';
import { newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { openBrowser, openPage } from '../console/browser';
import { type OstlerProcess, startOstler, waitFor } from '../harness';

// The examples as a reader runs them, against a control plane with this machine as its server; then the page that
// each has put live is fetched from nginx.

const examples = join(import.meta.dirname, '../../examples');
const run = promisify(execFile);

let control: OstlerProcess;
let owner: Ostler;
let folder: string;
let environment: Record<string, string>;
let server: { readonly name: string; readonly httpPort: number };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-examples-'));
  control = await startOstler({ environment: { OSTLER_LOCAL_AGENT: 'on' } });
  owner = await control.signIn();
  await waitFor('this machine as a server', async () => {
    const { servers } = await owner.fleet.listServers({});
    const found = servers.find(({ state }) => state === Server_State.CONNECTED);
    server = { name: found?.name ?? '', httpPort: found?.facts?.httpPort ?? 0 };
    return server.httpPort !== 0;
  });
  environment = {
    PATH: process.env['PATH'] ?? '',
    OSTLER_URL: control.url,
    OSTLER_TOKEN: await tokenOf(Role.OPERATOR, 'examples'),
    OSTLER_GENERATED: folder,
  };
  await run('/bin/sh', [join(examples, 'python/generate.sh'), folder], { env: environment });
});

afterAll(async () => {
  await control?.stop();
  await control?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function tokenOf(role: Role, name: string): Promise<string> {
  return (await owner.identity.createApiToken({ requestId: newRequestId(), name, role })).token;
}

/** The page that nginx serves for a name. */
function pageAt(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.httpPort, headers: { host } };
    request(options, (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => void (body += piece.toString()));
      response.on('end', () => resolve(body));
    })
      .on('error', reject)
      .end();
  });
}

// Debian's own Python: the grpc package of the system belongs to it.
const python = '/usr/bin/python3';
const ways: [way: string, program: string, script: string][] = [
  ['curl', '/bin/sh', 'curl/hello-site.sh'],
  ['TypeScript', process.execPath, 'typescript/hello-site.ts'],
  ['Python', python, 'python/hello_site.py'],
];

test.each(ways)('%s puts a site live', async (way, program, script) => {
  const domain = `${way.toLowerCase()}.localhost`;
  const { stdout } = await run(program, [join(examples, script), server.name, domain], { env: environment });
  expect(stdout).toBe(`hello-from-${way.toLowerCase()} is served at ${domain}\n`);
  expect(await pageAt(domain)).toBe(`Hello from ${way}`);
});

test.each(ways)('%s says which right a token has not, and who has it', async (_way, program, script) => {
  const OSTLER_TOKEN = (viewerToken ??= await tokenOf(Role.VIEWER, 'viewer'));
  const ending = run(program, [join(examples, script), server.name, 'a.localhost'], {
    env: { ...environment, OSTLER_TOKEN },
  });
  const { stderr } = await ending.then(
    () => Promise.reject(new Error('it was let in')),
    (error: unknown) => error as { readonly stderr: string },
  );
  expect(stderr.replaceAll('\\"', '"')).toContain('it takes the permission "resources write"');
  expect(stderr).toContain('operator, admin, and owner');
});

let viewerToken: string | undefined;

test('the reference sends what a reader writes, with their token, and leads to the explanation of an error', async () => {
  const browser = await openBrowser();
  try {
    const { page, complaints } = await openPage(browser, control.url, { width: 1280, theme: 'light' });
    await page.goto('/docs/reference/api#resourceservice-get');
    await page.getByLabel('API token').fill(environment['OSTLER_TOKEN'] ?? '');
    const method = page.locator('#resourceservice-get');
    const request = method.getByLabel('Try it: the request');
    await request.fill('{"kind": "KIND_SITE", "name": "hello-from-curl"}');
    await method.getByRole('button', { name: 'Send' }).click();
    await method.getByText(/^200 /).waitFor();
    const answer = method.getByRole('region', { name: 'Answer' });
    expect(JSON.parse(await answer.innerText())).toMatchObject({
      resource: { meta: { name: 'hello-from-curl' } },
    });
    expect(await method.getByRole('region', { name: 'Headers' }).innerText()).toMatch(/^ratelimit: "reads"/m);
    expect(complaints).toEqual([]);
    await request.fill('{"kind": "KIND_SITE", "name": "nobody"}');
    await method.getByRole('button', { name: 'Send' }).click();
    await method.getByText(/^404 /).waitFor();
    const help = method.getByRole('link', { name: 'What this error means' });
    expect(await help.getAttribute('href')).toBe('/docs/troubleshooting/errors#not_found');
  } finally {
    await browser.close();
  }
});
