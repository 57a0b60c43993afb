import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { DocsFiles } from './docs-files';
import { listenOn } from './listen';

let folder: string;
let server: Server;
let url: string;

/** Answers as a listener does: what is no page of the documentation is the console's. */
async function serve(files: DocsFiles): Promise<string> {
  server = createServer((request, response) => {
    void files.answer(request.url ?? '/', request, response).then((answered) => {
      if (!answered) response.end('the console');
    });
  });
  return `http://127.0.0.1:${await listenOn(server, '127.0.0.1', 0)}`;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostler-docs-'));
  await mkdir(join(folder, 'troubleshooting'));
  await writeFile(join(folder, 'index.html'), 'start');
  await writeFile(join(folder, '404.html'), 'no such page');
  await writeFile(join(folder, 'troubleshooting/errors.html'), 'errors '.repeat(200));
  await writeFile(join(folder, 'troubleshooting/index.html'), 'troubles');
  url = await serve(await DocsFiles.load(folder));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${url}${path}`, { headers, redirect: 'manual' });

it.each([
  ['/docs/', 200, 'start'],
  ['/docs/troubleshooting/', 200, 'troubles'],
  ['/docs/troubleshooting/errors', 200, 'errors '.repeat(200)],
  ['/docs/troubleshooting/errors.html', 200, 'errors '.repeat(200)],
  ['/docs/nothing', 404, 'no such page'],
  ['/docs/%2e%2e/%2e%2e/etc/passwd', 200, 'the console'],
  ['/docsy', 200, 'the console'],
])('%s gives %i', async (path, status, body) => {
  const response = await get(path);
  expect([response.status, await response.text()]).toEqual([status, body]);
});

it('the address without its slash leads to the one with it, because links of pages are relative', async () => {
  const response = await get('/docs');
  expect([response.status, response.headers.get('location')]).toEqual([308, '/docs/']);
});

it('a page that the browser has is not sent again, and pages are sent compressed', async () => {
  const first = await get('/docs/troubleshooting/errors', { 'accept-encoding': 'gzip' });
  expect([first.headers.get('content-encoding'), first.headers.get('content-type')]).toEqual([
    'gzip',
    'text/html; charset=utf-8',
  ]);
  const again = await get('/docs/troubleshooting/errors', {
    'if-none-match': first.headers.get('etag') ?? '',
  });
  expect(again.status).toBe(304);
});

it('says what to do where the documentation was not built', async () => {
  server.close();
  url = await serve(await DocsFiles.load('/nonexistent'));
  const response = await get('/docs/');
  expect([response.status, await response.text()]).toEqual([
    404,
    'the documentation is not built; run npm start\n',
  ]);
});
