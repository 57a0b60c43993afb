import { spawn, type ChildProcess } from 'node:child_process';
import { access, lchown, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBackend, startServedSites, type ServedSites } from './served-site.fixture';

let sites: ServedSites;
beforeAll(async () => {
  sites = await startServedSites();
});
afterAll(() => sites[Symbol.asyncDispose]());

const served = { committed: true } as const;
const fixed = (body: string, status = 200) => ({
  answer: { case: 'fixedResponse' as const, value: { status, body } },
});
const proxy = (upstream: string, more = {}) => ({
  answer: { case: 'proxy' as const, value: { upstream, ...more } },
});
const target = (port: number, more = {}) => [
  { address: '127.0.0.1', port, weight: 1, backup: false, healthy: true, ...more },
];

test('a folder is served with index, cache header and fallback; unknown names get nothing', async () => {
  const root = await sites.folder('www', {
    'home.html': 'home',
    'a/home.html': 'in a',
    'style.css': 'css',
    '.env': 'secret',
    '.well-known/x': 'known',
  });
  const value = { root, index: ['home.html'], fallback: '/home.html', cacheSeconds: 60 };
  expect(
    await sites.serve({
      domains: ['static.test', '*.static.test'],
      handler: { answer: { case: 'staticFiles', value } },
    }),
  ).toMatchObject(served);
  expect(await sites.ask('static.test')).toMatchObject({
    status: 200,
    body: 'home',
    headers: { 'cache-control': 'public, max-age=60', 'content-type': 'text/html' },
  });
  expect(await sites.ask('any.static.test', { path: '/a/' })).toMatchObject({ status: 200, body: 'in a' });
  expect(await sites.ask('static.test', { path: '/style.css' })).toMatchObject({
    headers: { 'content-type': 'text/css' },
  });
  expect(await sites.ask('static.test', { path: '/not/there' })).toMatchObject({ status: 200, body: 'home' });
  expect((await sites.ask('static.test', { path: '/.env' })).status).toBe(404);
  expect(await sites.ask('static.test', { path: '/.well-known/x' })).toMatchObject({
    status: 200,
    body: 'known',
  });
  await expect(sites.ask('unknown.test')).rejects.toThrow('socket hang up');
});

test('a link that another user made is not followed', async () => {
  const root = await sites.folder('linked', { 'index.html': 'mine' });
  await sites.folder('other', { 'secret.txt': 'theirs' });
  await symlink('../other/secret.txt', `${root}/leak.txt`);
  await symlink('index.html', `${root}/own.html`);
  await lchown(`${root}/leak.txt`, 65534, 65534);
  expect(
    await sites.serve({
      domains: ['links.test'],
      handler: { answer: { case: 'staticFiles', value: { root } } },
    }),
  ).toMatchObject(served);
  expect((await sites.ask('links.test', { path: '/leak.txt' })).status).toBe(404);
  expect(await sites.ask('links.test', { path: '/own.html' })).toMatchObject({ status: 200, body: 'mine' });
});

test('a release is served from its folder, and another one after the switch', async () => {
  const [one, two] = [
    await sites.folder('r1', { 'index.html': 'one' }),
    await sites.folder('r2', { 'index.html': 'two' }),
  ];
  const release = (digit: string) => ({
    domains: ['release.test'],
    handler: { answer: { case: 'staticFiles' as const, value: { release: `sha256:${digit.repeat(64)}` } } },
  });
  const releases = { [`sha256:${'1'.repeat(64)}`]: one, [`sha256:${'2'.repeat(64)}`]: two };
  await sites.serve(release('1'), { releases }, 301);
  expect((await sites.ask('release.test')).body).toBe('one');
  await sites.serve(release('2'), { releases }, 301);
  expect((await sites.ask('release.test')).body).toBe('two');
});

test('requests are passed on with the headers that programs expect', async () => {
  await using backend = await startBackend((request, response) =>
    response.end(JSON.stringify({ url: request.url, ...request.headers })),
  );
  const requestHeaders = [
    { name: 'X-Own', value: '$host "q" \\ {}' },
    { name: 'x-forwarded-proto', value: 'ftp' },
  ];
  const spec = {
    domains: ['proxy.test'],
    handler: proxy('app', { requestHeaders }),
    upstreams: [{ name: 'app', servers: [{ host: '127.0.0.1', port: backend.port }] }],
  };
  expect(await sites.serve(spec, { upstreams: { app: target(backend.port) } })).toMatchObject(served);
  const seen = JSON.parse((await sites.ask('proxy.test', { path: '/a%20b?c=d' })).body);
  expect(seen).toMatchObject({
    url: '/a%20b?c=d',
    host: 'proxy.test',
    'x-real-ip': '127.0.0.1',
    'x-forwarded-for': '127.0.0.1',
    'x-own': '$host "q" \\ {}',
    'x-forwarded-proto': 'ftp',
  });
  expect(seen.connection).toBeUndefined();
});

test.each([
  ['no address at all', []],
  ['only unhealthy addresses', target(1, { healthy: false })],
])(
  'an upstream with %s answers 502 with the error page, and takes nobody else down',
  async (_, addresses) => {
    const spec = {
      domains: ['dead.test'],
      handler: proxy('app'),
      upstreams: [{ name: 'app', servers: [{ host: 'nowhere.invalid', port: 80 }] }],
      errorPages: [{ statuses: [502], body: 'sorry' }],
    };
    expect(await sites.serve(spec, { upstreams: { app: addresses } }, 302)).toMatchObject(served);
    expect(await sites.ask('dead.test')).toMatchObject({ status: 502, body: 'sorry' });
    expect((await sites.ask('release.test')).body).toBe('two');
  },
);

test.each([1, 2, 3] as const)(
  'balance %i with weights and a dead server beside a living one',
  async (balance) => {
    await using backend = await startBackend((_, response) => response.end('alive'));
    const spec = {
      domains: ['balance.test'],
      handler: proxy('app'),
      upstreams: [{ name: 'app', balance, keepalive: 4, servers: [{ host: 'x.test', port: 80 }] }],
    };
    const backup = balance === 3 ? [] : target(backend.port, { backup: true });
    const addresses = [
      ...target(1, { healthy: false, weight: 5 }),
      ...target(backend.port, { weight: 3 }),
      ...backup,
    ];
    expect(await sites.serve(spec, { upstreams: { app: addresses } }, 303)).toMatchObject(served);
    for (let turn = 0; turn < 5; turn += 1) expect((await sites.ask('balance.test')).body).toBe('alive');
  },
);

test('backups alone serve as what there is', async () => {
  await using backend = await startBackend((_, response) => response.end('alive'));
  const spec = {
    domains: ['backup.test'],
    handler: proxy('app'),
    upstreams: [{ name: 'app', servers: [{ host: 'x.test', port: 80, backup: true }] }],
  };
  expect(
    await sites.serve(spec, { upstreams: { app: target(backend.port, { backup: true }) } }),
  ).toMatchObject(served);
  expect((await sites.ask('backup.test')).body).toBe('alive');
});

test('a WebSocket is upgraded when the site says so', async () => {
  const server = createServer();
  server.on('upgrade', (request, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\nhi`,
    );
    socket.pipe(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const spec = {
    domains: ['ws.test'],
    handler: proxy('app', { websocket: true }),
    upstreams: [{ name: 'app', servers: [{ host: 'x.test', port: 80 }] }],
  };
  expect(await sites.serve(spec, { upstreams: { app: target(port) } })).toMatchObject(served);
  const socket = connect(sites.facts.httpPort, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: ws.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  let text = '';
  for await (const piece of socket as AsyncIterable<Buffer>) {
    text += piece.toString();
    if (text.endsWith('hi')) socket.write('echo');
    if (text.endsWith('echo')) break;
  }
  expect(text).toMatch(/^HTTP\/1\.1 101 /);
  server.closeAllConnections();
  server.close();
});

test('paths: the exact one before the longest prefix', async () => {
  const spec = {
    domains: ['paths.test'],
    handler: fixed('root'),
    paths: [
      { path: '/a', handler: fixed('prefix a') },
      { path: '/a/b', handler: fixed('prefix ab') },
      { path: '/a', match: 2, handler: fixed('exact a', 203) },
      { path: '/q"\'\\;{}$host', handler: fixed('odd') },
    ],
  };
  expect(await sites.serve(spec)).toMatchObject(served);
  expect((await sites.ask('paths.test', { path: '/x' })).body).toBe('root');
  expect((await sites.ask('paths.test', { path: '/a/x' })).body).toBe('prefix a');
  expect((await sites.ask('paths.test', { path: '/a/b/c' })).body).toBe('prefix ab');
  expect(await sites.ask('paths.test', { path: '/a?x' })).toMatchObject({
    status: 203,
    body: 'exact a',
    headers: { 'content-type': 'text/html; charset=utf-8' },
  });
  expect((await sites.ask('paths.test', { path: `/${encodeURIComponent('q"\'\\;{}$host')}/x` })).body).toBe(
    'odd',
  );
});

test('a fixed text is sent as it is, short or long, whatever the method, the code and the end of the path', async () => {
  const long = '$long \n'.repeat(100);
  const spec = {
    domains: ['fixed.test'],
    handler: fixed('$host "a" \\ \n; }', 503),
    paths: [
      { path: '/long', handler: fixed(long) },
      { path: '/gone', handler: fixed('gone', 404) },
      { path: '/closed', handler: fixed('not closed', 444) },
      { path: '/empty', handler: fixed('') },
    ],
    errorPages: [{ statuses: [404, 503], body: 'the page of errors' }],
  };
  expect(await sites.serve(spec)).toMatchObject(served);
  const html = { 'content-type': 'text/html; charset=utf-8' };
  const body = '$host "a" \\ \n; }';
  expect(await sites.ask('fixed.test', { path: '/x.js' })).toMatchObject({
    status: 503,
    body,
    headers: html,
  });
  expect(await sites.ask('fixed.test', { method: 'POST' })).toMatchObject({ status: 503, body });
  expect(await sites.ask('fixed.test', { path: '/long/x.css' })).toMatchObject({
    status: 200,
    body: long,
    headers: html,
  });
  expect(await sites.ask('fixed.test', { path: '/gone' })).toMatchObject({ status: 404, body: 'gone' });
  expect(await sites.ask('fixed.test', { path: '/closed' })).toMatchObject({
    status: 444,
    body: 'not closed',
  });
  expect(await sites.ask('fixed.test', { path: '/empty' })).toMatchObject({ status: 200, body: '' });
});

test('redirects, with and without the rest of the path', async () => {
  const to = (value: object) => ({
    answer: { case: 'redirect' as const, value: value as { target: string } },
  });
  const spec = {
    domains: ['redirect.test'],
    handler: to({ target: 'https://new.test/base/', status: 301, keepPath: true }),
    paths: [
      { path: '/plain', handler: to({ target: '/there?x=$uri' }) },
      { path: '/old dir', handler: to({ target: 'https://new.test', status: 308, keepPath: true }) },
      { path: '/one', match: 2, handler: to({ target: '/two', keepPath: true }) },
    ],
  };
  expect(await sites.serve(spec)).toMatchObject(served);
  const origin = `http://redirect.test:${sites.facts.httpPort}`;
  const location = async (path: string) => (await sites.ask('redirect.test', { path })).headers.location;
  expect(await location('/a/b?c')).toBe('https://new.test/base/a/b?c');
  expect(await location('/')).toBe('https://new.test/base/');
  expect(await location('/plain/x')).toBe(`${origin}/there?x=$uri`);
  expect(await location('/old%20dir/x%0d%0aSet-Cookie:y')).toBe('https://new.test/x%0d%0aSet-Cookie:y');
  expect(await location('/old%20dir.evil.test')).toBe('https://new.test');
  expect(await location('/one?q=1')).toBe(`${origin}/two?q=1`);
  expect((await sites.ask('redirect.test', { path: '/old%20dir/' })).status).toBe(308);
  expect((await sites.ask('redirect.test', { path: '/plain' })).status).toBe(302);
});

test('headers: every response has them, a path replaces its own, dollar signs and length survive', async () => {
  const long = `${'x$y'.repeat(1365)}z`;
  const spec = {
    domains: ['headers.test'],
    handler: fixed('x'),
    headers: [
      { name: 'X-Any', value: 'a $host ${uri} "b" \\' },
      { name: 'X-Long', value: long },
      { name: 'X-$name', value: 'odd' },
    ],
    paths: [{ path: '/p', handler: fixed('p'), headers: [{ name: 'x-any', value: 'other' }] }],
    errorPages: [{ statuses: [404], body: 'gone' }],
  };
  expect(await sites.serve(spec)).toMatchObject(served);
  expect((await sites.ask('headers.test')).headers).toMatchObject({
    'x-any': 'a $host ${uri} "b" \\',
    'x-long': long,
    'x-$name': 'odd',
  });
  expect((await sites.ask('headers.test', { path: '/p' })).headers).toMatchObject({
    'x-any': 'other',
    'x-long': long,
  });
});

test('gzip on by default, off on demand; large bodies are refused', async () => {
  const text = 'compress me '.repeat(500);
  const root = await sites.folder('gzip', { 'index.html': text });
  const handler = { answer: { case: 'staticFiles' as const, value: { root } } };
  const timeouts = { clientBodySeconds: 7, connectSeconds: 3, readSeconds: 9, sendSeconds: 8 };
  await sites.serve({ domains: ['gzip.test'], handler, maxBodyBytes: 10n, timeouts });
  await sites.serve({ domains: ['plain.test'], handler, gzip: false });
  const headers = { 'accept-encoding': 'gzip' };
  expect((await sites.ask('gzip.test', { headers })).headers['content-encoding']).toBe('gzip');
  expect((await sites.ask('plain.test', { headers })).headers['content-encoding']).toBeUndefined();
  expect((await sites.ask('gzip.test', { method: 'POST', body: 'more than ten bytes' })).status).toBe(413);
});

test('error pages replace what nginx and programs say; the method of the request does not matter', async () => {
  await using backend = await startBackend((_, response) => response.writeHead(404).end('from the program'));
  const root = await sites.folder('errors', { 'index.html': 'x' });
  const spec = {
    domains: ['errors.test'],
    handler: { answer: { case: 'staticFiles' as const, value: { root } } },
    upstreams: [{ name: 'app', servers: [{ host: 'x.test', port: 80 }] }],
    paths: [{ path: '/app', handler: proxy('app') }],
    errorPages: [{ statuses: [404, 405], body: '<h1>$not_a_variable</h1>' }],
  };
  expect(await sites.serve(spec, { upstreams: { app: target(backend.port) } })).toMatchObject(served);
  expect(await sites.ask('errors.test', { path: '/none' })).toMatchObject({
    status: 404,
    body: '<h1>$not_a_variable</h1>',
  });
  expect(await sites.ask('errors.test', { path: '/app' })).toMatchObject({
    status: 404,
    body: '<h1>$not_a_variable</h1>',
  });
  expect((await sites.ask('errors.test', { path: '/', method: 'POST', body: 'x' })).status).toBe(405);
});

test('PHP runs through its socket: scripts, the front controller, and nothing that does not exist', async () => {
  const root = await sites.folder('php', {
    'index.php': '<?php echo "front ", $_SERVER["REQUEST_URI"], " ", $_SERVER["HTTP_HOST"];',
    'info.php': '<?php echo "info ", $_SERVER["SCRIPT_NAME"], " ", $_GET["a"] ?? "";',
    'photo.jpg': '<?php echo "uploaded";',
  });
  const socket = `${sites.nginx.folder}/php.sock`;
  const php = await startPhp(sites.nginx.folder, socket);
  try {
    const value = { socket, root };
    expect(
      await sites.serve({ domains: ['php.test'], handler: { answer: { case: 'fastcgi', value } } }),
    ).toMatchObject(served);
    expect((await sites.ask('php.test', { path: '/some/page?x=1' })).body).toBe(
      'front /some/page?x=1 php.test',
    );
    expect((await sites.ask('php.test')).body).toBe('front / php.test');
    expect((await sites.ask('php.test', { path: '/info.php?a=b' })).body).toBe('info /info.php b');
    expect((await sites.ask('php.test', { path: '/photo.jpg' })).body).toBe('<?php echo "uploaded";');
    expect((await sites.ask('php.test', { path: '/photo.jpg/x.php' })).body).toBe(
      'front /photo.jpg/x.php php.test',
    );
  } finally {
    php.kill('SIGTERM');
  }
});

async function startPhp(folder: string, socket: string): Promise<ChildProcess> {
  const lines = [
    '[global]',
    `error_log = ${folder}/php.log`,
    '[www]',
    'user = www-data',
    `listen = ${socket}`,
    'listen.mode = 0666',
    'pm = static',
    'pm.max_children = 1',
    '',
  ];
  await writeFile(`${folder}/php.conf`, lines.join('\n'));
  const php = spawn('/usr/sbin/php-fpm8.2', ['-F', '-y', `${folder}/php.conf`], { stdio: 'ignore' });
  await expect
    .poll(
      () =>
        access(socket).then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
  return php;
}
