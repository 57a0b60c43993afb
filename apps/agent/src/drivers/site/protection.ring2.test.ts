import { mkdir, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { create } from '@bufbuild/protobuf';
import { SiteSpecSchema } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashPasswords, passwordInputs } from './passwords';
import { startServedSites, type ServedSites, type SiteInit } from './served-site.fixture';

let sites: ServedSites;
beforeAll(async () => {
  sites = await startServedSites();
});
afterAll(() => sites[Symbol.asyncDispose]());

const served = { committed: true } as const;
const fixed = (body: string) => ({
  answer: { case: 'fixedResponse' as const, value: { status: 200, body } },
});
const redirect = { answer: { case: 'redirect' as const, value: { target: 'https://away.test/' } } };
const statusOf = async (host: string, path = '/', headers = {}) =>
  (await sites.ask(host, { path, headers })).status;

test('a rate limit counts per site, per path, and per client', async () => {
  const rateLimit = { requestsPerSecond: 1, burst: 1 };
  expect(
    await sites.serve({
      domains: ['rate.test'],
      handler: fixed('x'),
      rateLimit,
      paths: [{ path: '/own', handler: fixed('own'), rateLimit }],
    }),
  ).toMatchObject(served);
  expect(await sites.serve({ domains: ['rate2.test'], handler: redirect, rateLimit })).toMatchObject(served);
  const statuses = [await statusOf('rate.test'), await statusOf('rate.test'), await statusOf('rate.test')];
  expect(statuses).toEqual([200, 200, 429]);
  expect(await statusOf('rate.test', '/own')).toBe(200);
  expect([await statusOf('rate2.test'), await statusOf('rate2.test'), await statusOf('rate2.test')]).toEqual([
    302, 302, 429,
  ]);
});

test('a changed rate is loaded although its zone is shared memory', async () => {
  const spec = (requestsPerSecond: number): SiteInit => ({
    domains: ['zone.test'],
    handler: fixed('x'),
    rateLimit: { requestsPerSecond },
  });
  for (const rate of [1, 50, 1]) expect(await sites.serve(spec(rate), {}, 401)).toMatchObject(served);
});

test('access rules hold for files, fixed answers and redirects alike; the first match wins', async () => {
  const root = await sites.folder('access', { 'index.html': 'x' });
  const spec: SiteInit = {
    domains: ['access.test'],
    handler: { answer: { case: 'staticFiles', value: { root } } },
    access: [
      { allow: false, source: '127.0.0.0/8' },
      { allow: true, source: 'all' },
    ],
    paths: [
      { path: '/fixed', handler: fixed('x') },
      { path: '/away', handler: redirect },
      {
        path: '/open',
        handler: fixed('open'),
        access: [
          { allow: true, source: '127.0.0.1' },
          { allow: false, source: 'all' },
        ],
      },
    ],
  };
  expect(await sites.serve(spec)).toMatchObject(served);
  expect([
    await statusOf('access.test'),
    await statusOf('access.test', '/fixed'),
    await statusOf('access.test', '/away'),
  ]).toEqual([403, 403, 403]);
  expect(await statusOf('access.test', '/open')).toBe(200);
});

test('passwords are asked for, kept salted and unchanged from render to render', async () => {
  const spec: SiteInit = {
    domains: ['auth.test'],
    handler: fixed('inside'),
    basicAuth: { realm: 'Staff $only', users: [{ username: 'ann', password: { uid: 's1', version: 1 } }] },
    paths: [
      {
        path: '/other',
        handler: redirect,
        basicAuth: { users: [{ username: 'bob', password: { uid: 's2', version: 1 } }] },
      },
    ],
  };
  const words: Record<string, string> = { s1: 'open $esame "x"\\', s2: 'ü'.repeat(36) };
  const secret = (uid: string) => Buffer.from(words[uid] ?? '');
  const first = await hashPasswords(create(SiteSpecSchema, spec), undefined, secret);
  if (!first.ready) throw new Error(first.message);
  expect(await sites.serve(spec, { passwords: first.hashes }, 402)).toMatchObject(served);
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });
  expect((await sites.ask('auth.test')).headers['www-authenticate']).toBe('Basic realm="Staff $only"');
  expect(await statusOf('auth.test', '/', basic('ann', words['s1']!))).toBe(200);
  expect(await statusOf('auth.test', '/', basic('ann', 'wrong'))).toBe(401);
  expect(await statusOf('auth.test', '/', basic('bob', words['s2']!))).toBe(401);
  expect(await statusOf('auth.test', '/other', basic('bob', words['s2']!))).toBe(302);
  expect(await statusOf('auth.test', '/other')).toBe(401);
  const live = passwordInputs(first.hashes);
  expect(await hashPasswords(create(SiteSpecSchema, spec), live, secret)).toEqual(first);
});

test('maintenance closes everything but the probe and the challenges, and lets allowed clients in', async () => {
  const spec = (allow: string[]): SiteInit => ({
    domains: ['closed.test'],
    handler: fixed('open'),
    paths: [{ path: '/away', handler: redirect }],
    errorPages: [{ statuses: [503, 404], body: 'own 503' }],
    maintenance: { body: '<p>later</p>', allow, retryAfterSeconds: 120 },
  });
  expect(await sites.serve(spec(['10.0.0.0/8', '2001:db8::/32']), {}, 403)).toMatchObject(served);
  const closed = { status: 503, body: '<p>later</p>', headers: { 'retry-after': '120' } };
  expect(await sites.ask('closed.test')).toMatchObject(closed);
  expect(await sites.ask('closed.test', { path: '/away', method: 'POST', body: 'x' })).toMatchObject(closed);
  expect(await sites.serve(spec(['127.0.0.0/8']), {}, 403)).toMatchObject(served);
  expect(await sites.ask('closed.test')).toMatchObject({ status: 200, body: 'open' });
});

test('challenges are answered on port 80 of every site, whatever the site does, and for unknown names', async () => {
  const folder = `${sites.facts.challengeFolder}/.well-known/acme-challenge`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/token-1`, 'token-1.key');
  const spec: SiteInit = {
    domains: ['acme.test'],
    handler: redirect,
    access: [{ source: 'all' }],
    maintenance: {},
    basicAuth: { users: [{ username: 'a', password: { uid: 'x' } }] },
  };
  expect(await sites.serve(spec)).toMatchObject(served);
  const path = '/.well-known/acme-challenge/token-1';
  expect(await sites.ask('acme.test', { path })).toMatchObject({ status: 200, body: 'token-1.key' });
  expect(await sites.ask('nobody.test', { path })).toMatchObject({ status: 200, body: 'token-1.key' });
  expect(await statusOf('acme.test', '/.well-known/acme-challenge/none')).toBe(404);
});

test('TLS: served on both listeners, pending certificate means plain, unknown names are rejected', async () => {
  const spec: SiteInit = {
    domains: ['tls.test'],
    handler: fixed('x'),
    tls: { certificate: { kind: 2, name: 'c' }, hsts: { maxAgeSeconds: 300, includeSubdomains: true } },
  };
  expect(await sites.serve(spec, {}, 404)).toMatchObject(served);
  expect((await sites.ask('tls.test')).body).toBe('x');
  const certificate = await sites.certificate('tls.test');
  expect(await sites.serve(spec, { certificate }, 404)).toMatchObject(served);
  const plain = await sites.ask('tls.test');
  expect(plain.headers['strict-transport-security']).toBeUndefined();
  const secure = await sites.ask('tls.test', { tls: true });
  expect(secure).toMatchObject({
    status: 200,
    body: 'x',
    headers: { 'strict-transport-security': 'max-age=300; includeSubDomains' },
  });
  await expect(sites.ask('nobody.test', { tls: true })).rejects.toThrow(/unrecognized name/i);
});

test('a renewed certificate at the same path is loaded', async () => {
  const spec: SiteInit = {
    domains: ['renew.test'],
    handler: fixed('x'),
    tls: { certificate: { kind: 2, name: 'c' } },
  };
  const [old, renewed] = [await sites.certificate('renew.test'), await sites.certificate('renew.test')];
  await sites.serve(spec, { certificate: old }, 405);
  expect(await leafOf('renew.test')).toBe(old.fingerprint);
  expect(await sites.serve(spec, { certificate: renewed }, 405)).toMatchObject(served);
  expect(await leafOf('renew.test')).toBe(renewed.fingerprint);
});

test('a certificate that cannot be loaded is refused by itself, and what was served still is', async () => {
  const spec: SiteInit = {
    domains: ['badtls.test'],
    handler: fixed('x'),
    tls: { certificate: { kind: 2, name: 'c' } },
  };
  await sites.serve(spec, {}, 406);
  const good = await sites.certificate('badtls.test');
  const bad = { ...good, certificatePath: `${sites.nginx.folder}/none.crt` };
  const [refused, fine] = await Promise.all([
    sites.serve(spec, { certificate: bad }, 406),
    sites.serve({ domains: ['beside.test'], handler: fixed('beside') }, {}, 407),
  ]);
  expect(refused).toMatchObject({
    committed: false,
    reason: 'NGINX_TEST_FAILED',
    message: expect.stringContaining('cannot load certificate'),
  });
  expect(fine).toMatchObject(served);
  expect((await sites.ask('beside.test')).body).toBe('beside');
  expect((await sites.ask('badtls.test')).body).toBe('x');
});

test('HTTPS is forced and other domains lead to the first one, on the ports in use', async () => {
  const certificate = await sites.certificate('first.test', 'second.test');
  const spec: SiteInit = {
    domains: ['first.test', 'second.test', '*.first.test'],
    redirectToPrimary: true,
    handler: fixed('x'),
    tls: { certificate: { kind: 2, name: 'c' }, forceHttps: true },
  };
  expect(await sites.serve(spec, { certificate })).toMatchObject(served);
  const origin = `https://first.test:${sites.facts.httpsPort}`;
  expect(await sites.ask('first.test', { path: '/a?b' })).toMatchObject({
    status: 308,
    headers: { location: `${origin}/a?b` },
  });
  expect(await sites.ask('second.test', { path: '/a' })).toMatchObject({
    status: 308,
    headers: { location: `${origin}/a` },
  });
  expect(await sites.ask('x.first.test', { path: '/a', tls: true })).toMatchObject({
    status: 308,
    headers: { location: `${origin}/a` },
  });
  expect(await sites.ask('first.test', { tls: true })).toMatchObject({ status: 200, body: 'x' });
});

test('without TLS other domains lead to the first one too', async () => {
  expect(
    await sites.serve({ domains: ['main.test', 'alias.test'], redirectToPrimary: true, handler: fixed('x') }),
  ).toMatchObject(served);
  expect((await sites.ask('alias.test', { path: '/p' })).headers.location).toBe(
    `http://main.test:${sites.facts.httpPort}/p`,
  );
});

test('a least TLS version holds although nginx takes versions from the default server', async () => {
  const certificate = await sites.certificate('tls13.test');
  const spec: SiteInit = {
    domains: ['tls13.test'],
    handler: fixed('x'),
    tls: { certificate: { kind: 2, name: 'c' }, minVersion: 2 },
  };
  expect(await sites.serve(spec, { certificate })).toMatchObject(served);
  expect((await sites.ask('tls13.test', { tls: true })).status).toBe(200);
  const old = await sites
    .ask('tls13.test', { tls: true, maxVersion: 'TLSv1.2' })
    .catch(() => ({ status: 'refused' }));
  expect(['refused', 421]).toContain(old.status);
});

test('HTTP/2 is spoken over TLS', async () => {
  const certificate = await sites.certificate('h2.test');
  expect(
    await sites.serve(
      { domains: ['h2.test'], handler: fixed('two'), tls: { certificate: { kind: 2, name: 'c' } } },
      { certificate },
    ),
  ).toMatchObject(served);
  const session = connectHttp2(`https://127.0.0.1:${sites.facts.httpsPort}`, {
    servername: 'h2.test',
    rejectUnauthorized: false,
  });
  const stream = session.request({ ':path': '/', ':authority': 'h2.test' });
  let body = '';
  for await (const piece of stream as AsyncIterable<Buffer>) body += piece.toString();
  session.close();
  expect(body).toBe('two');
});

test('IPv6 is listened on unless the site says no', async () => {
  if (!sites.facts.ipv6) return expect(sites.nginx.runtime.ipv6).toBe(false);
  await sites.serve({ domains: ['six.test'], handler: fixed('six') });
  await sites.serve({ domains: ['four.test'], handler: fixed('four'), ipv6: false });
  expect((await sites.ask('six.test', { address: '::1' })).body).toBe('six');
  await expect(sites.ask('four.test', { address: '::1' })).rejects.toThrow('socket hang up');
});

function leafOf(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: sites.facts.httpsPort,
      servername: host,
      rejectUnauthorized: false,
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase());
      socket.destroy();
    });
  });
}
