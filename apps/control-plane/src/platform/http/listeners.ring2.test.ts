import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect as connectH2 } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Code, ConnectError, createClient } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node';
import { ErrorInfoSchema, ErrorReason, IdentityService } from '@ostler/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../../start-test-app.fixture';
import { listenNear, listenOn } from './listen';
import { PlainServer } from './plain-server';

let app: TestApp;
let consoleFolder: string;

beforeAll(async () => {
  consoleFolder = await mkdtemp(join(tmpdir(), 'ostler-console-'));
  await mkdir(join(consoleFolder, 'assets'));
  await writeFile(join(consoleFolder, 'index.html'), '<!doctype html><title>Console</title>'.padEnd(2000));
  await writeFile(join(consoleFolder, 'assets/app-1234.js'), 'export {};\n'.repeat(500));
  app = await startTestApp([], consoleFolder);
});
afterAll(async () => {
  await app.close();
  await rm(consoleFolder, { recursive: true });
});

describe('one port', () => {
  const protocols = {
    'Connect over HTTP/1.1': () => createConnectTransport({ baseUrl: app.url, httpVersion: '1.1' }),
    'Connect over h2c': () => createConnectTransport({ baseUrl: app.url, httpVersion: '2' }),
    'Connect with JSON': () =>
      createConnectTransport({ baseUrl: app.url, httpVersion: '1.1', useBinaryFormat: false }),
    'gRPC-Web over HTTP/1.1': () => createGrpcWebTransport({ baseUrl: app.url, httpVersion: '1.1' }),
    'gRPC over h2c': () => createGrpcTransport({ baseUrl: app.url }),
  };

  it.each(Object.entries(protocols))('answers %s, errors with their reason', async (_name, transport) => {
    const identity = createClient(IdentityService, transport());
    const { email, password } = app.firstLogin;
    const { person, sessionToken } = await identity.signIn({ email, password, withToken: true });
    expect([person?.email, sessionToken.startsWith('ost_session_')]).toEqual([email, true]);
    const error = (await identity.listPeople({}).catch((e: unknown) => e)) as ConnectError;
    expect([error.code, error.findDetails(ErrorInfoSchema)[0]?.reason]).toEqual([
      Code.Unauthenticated,
      ErrorReason.UNAUTHENTICATED,
    ]);
  });

  it('answers plain h2 requests of a browser or proxy', async () => {
    const session = connectH2(app.url);
    const stream = session.request({ ':path': '/healthz' });
    const status = await new Promise((resolve) =>
      stream.on('response', (headers) => resolve(headers[':status'])),
    );
    expect(status).toBe(200);
    session.close();
  });

  it('lives through bytes that are no HTTP', async () => {
    for (const bytes of [
      '\0\0\0',
      'PRI * HTTP/9\r\n\r\n',
      'PR',
      'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      'x'.repeat(70_000),
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(app.port, '127.0.0.1', () => socket.end(bytes));
        socket
          .on('error', () => resolve())
          .on('close', () => resolve())
          .resume();
      });
    }
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  });
});

describe('a request', () => {
  const get = (path: string, headers: Record<string, string> = {}) => fetch(app.url + path, { headers });
  const statusFor = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ port: app.port, host: '127.0.0.1', path: '/healthz', headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });

  it('is answered for our own names only', async () => {
    expect(await statusFor(`localhost:${app.port}`)).toBe(200);
    expect(await statusFor('127.0.0.1')).toBe(200);
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      `evil.example:${app.port}`,
      'localhost@evil.example',
    ]) {
      expect(await statusFor(host), host).toBe(421);
    }
  });

  it('carries strict headers', async () => {
    const { headers } = await get('/', { accept: 'text/html' });
    expect(headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(headers.get('content-security-policy')).not.toContain("script-src 'self' 'unsafe");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('gets the console: pages anew, assets for good, unknown paths as its page', async () => {
    const page = await get('/', { accept: 'text/html' });
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-cache']);
    const again = await get('/', { accept: 'text/html', 'if-none-match': page.headers.get('etag')! });
    expect(again.status).toBe(304);
    const asset = await get('/assets/app-1234.js');
    expect([asset.headers.get('cache-control'), asset.headers.get('content-encoding')]).toEqual([
      'public, max-age=31536000, immutable',
      'gzip',
    ]);
    expect((await asset.text()).startsWith('export')).toBe(true);
    expect((await get('/sites/hello', { accept: 'text/html' })).status).toBe(200);
    expect((await get('/sites/hello')).status).toBe(404);
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/../../package.json',
      '/.git/config',
    ]) {
      expect((await get(path)).status, path).toBe(404);
    }
  });

  it('tells its health, and numbers to a scraper', async () => {
    expect(await (await get('/readyz')).text()).toBe('ready\n');
    expect(await (await get('/metrics')).text()).toContain('ostler_rpc_seconds_bucket');
  });

  it('with a body that is none of the contract gets an error and no inside information', async () => {
    const answers = await Promise.all(
      ['{', '{"email": 7}', '{"nope": 1}', '{"email":"a\\u0000b","password":"x"}'].map((body) =>
        fetch(`${app.url}/ostler.api.v1.IdentityService/SignIn`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        }),
      ),
    );
    for (const answer of answers) {
      const text = await answer.text();
      expect([400, 401]).toContain(answer.status);
      expect(text).not.toMatch(/node_modules|\.ts:|select |insert /);
    }
    expect(app.lines).toEqual([]);
  });
});

it('takes the next port when one is taken', async () => {
  const listener = (): void => undefined;
  const [first, second] = [new PlainServer(listener), new PlainServer(listener)];
  const taken = await listenOn(first.server, '127.0.0.1', 0);
  const other = await listenNear(second.server, '127.0.0.1', taken);
  expect(other).toBeGreaterThan(taken);
  await Promise.all([first.close(), second.close()]);
});
