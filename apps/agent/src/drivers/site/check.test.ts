import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { SiteSpecSchema, StaticFilesSchema, type SiteSpec } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { expect, test } from 'vitest';
import { checkSite } from './check';
import { isInside, parseAddress, parseNetwork } from './check/networks';
import { addressProblem } from './check/upstreams';
import { DEFAULT_SITE_POLICY } from './policy';

type SiteInit = Exclude<MessageInitShape<typeof SiteSpecSchema>, SiteSpec>;

const policy = { ...DEFAULT_SITE_POLICY, refusedLocalPorts: [80, 443, 7443] };
const good: SiteInit = {
  domains: ['good.test'],
  handler: { answer: { case: 'staticFiles', value: { root: '/srv/good' } } },
};

function violationsOf(spec: SiteInit): string[] {
  try {
    checkSite(create(SiteSpecSchema, spec), policy);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.violations.map((violation) => violation.field);
  }
}

const files = (value: MessageInitShape<typeof StaticFilesSchema>): SiteInit => ({
  ...good,
  handler: { answer: { case: 'staticFiles', value } },
});
const root = (path: string): SiteInit => files({ root: path });
const socket = (path: string): SiteInit => ({
  ...good,
  handler: { answer: { case: 'fastcgi', value: { socket: path, root: '/srv/x' } } },
});
const upstream = (host: string, port = 8080): SiteInit => ({
  ...good,
  upstreams: [{ name: 'app', servers: [{ host, port }] }],
});
const redirect = (target: string, keepPath = false): SiteInit => ({
  ...good,
  handler: { answer: { case: 'redirect', value: { target, keepPath } } },
});
const header = (name: string, value = 'x'): SiteInit => ({ ...good, headers: [{ name, value }] });

test('a plain site passes', () => expect(violationsOf(good)).toEqual([]));

test.each([
  '',
  'UPPER.test',
  'a..b',
  '-a.test',
  'a-.test',
  `${'a'.repeat(64)}.test`,
  `${'a.'.repeat(130)}test`,
  '*.test',
  '*',
  'a.*.test',
  'ünder.test',
  'a b.test',
  'a.test;',
  'a.test\n',
  '~^.*$',
  '$hostname',
  '.a.test',
  'a.test.',
  '_',
])('the domain %j is refused', (domain) =>
  expect(violationsOf({ ...good, domains: [domain] })).toEqual(['domains[0]']),
);

test.each([
  'relative',
  '/srv/../etc',
  '/srv/./x',
  '/srv//x',
  '/etc',
  '/srvx',
  '/',
  '/root/x',
  '/srv/a\nb',
  '/srv/a\0b',
  '/srv/\u202e',
  '/srv/\ud800',
  `/srv/${'a'.repeat(300)}`,
])('the root %j is refused', (path) =>
  expect(violationsOf(root(path))).toEqual(['handler.staticFiles.root']),
);

test.each(['/srv/a b', '/srv/q"\'\\;{}$host', '/var/www/ünder', '/srv/-rf', '/srv/#'])(
  'the root %j is only odd',
  (path) => expect(violationsOf(root(path))).toEqual([]),
);

test.each([
  '/run/docker.sock',
  '/var/run/docker.sock',
  '/run/ostler/agent.sock',
  '/run/systemd/private',
  '/var/run/dbus/system_bus_socket',
  '/tmp/x.sock',
  '/run/../etc/x',
  'run/x.sock',
  '/run/a:b',
  '/run/$x',
  '/run/a b.sock',
  `/run/${'a'.repeat(120)}`,
])('the socket %j is refused', (path) =>
  expect(violationsOf(socket(path))).toContain('handler.fastcgi.socket'),
);

test('PHP-FPM sockets are allowed under both spellings', () => {
  expect(violationsOf(socket('/run/php/php8.2-fpm.sock'))).toEqual([]);
  expect(violationsOf(socket('/var/run/php/php8.2-fpm.sock'))).toEqual([]);
});

test.each([
  '169.254.169.254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  'fe80::1',
  'fd00:ec2::254',
  '0.0.0.0',
  '::',
  '224.0.0.1',
  'ff02::1',
  '127.1',
  '2130706433',
  '0x7f.1',
  '1.2.3',
  '010.0.0.1',
  'a b',
  'unix:/run/docker.sock',
  '/run/docker.sock',
  '$host',
  'x;y',
  '*.internal',
  '[::1]',
  'fe80::1%eth0',
])('the upstream host %j is refused', (host) =>
  expect(violationsOf(upstream(host))).toEqual(['upstreams[0].servers[0].host']),
);

test.each([
  ['127.0.0.1', 80],
  ['localhost', 443],
  ['127.9.9.9', 7443],
  ['::1', 80],
  ['x.localhost', 80],
  ['::ffff:127.0.0.1', 80],
])('an upstream that would ask this server itself (%s port %i) is refused', (host, port) =>
  expect(violationsOf(upstream(host, port))).toEqual(['upstreams[0].servers[0].host']),
);

test('what a name resolves to is judged again, own addresses included', () => {
  expect(addressProblem('169.254.169.254', 80, policy, [])).toContain('169.254.0.0/16');
  expect(addressProblem('192.0.2.7', 443, policy, ['192.0.2.7'])).toContain('this server itself');
  expect(addressProblem('192.0.2.7', 8443, policy, ['192.0.2.7'])).toBeUndefined();
});

test.each([
  'ftp://x',
  'javascript:alert(1)',
  '//evil.test',
  'http://',
  'https://user:pass@x.test',
  'https://x.test/a b',
  'https://x.test/"',
  'https://x\ny',
  'x.test',
  '/a\\b',
  'https:///x',
])('the redirect target %j is refused', (target) =>
  expect(violationsOf(redirect(target))).toEqual(['handler.redirect.target']),
);

test('a redirect that keeps the path takes no query', () =>
  expect(violationsOf(redirect('https://x.test/?a', true))).toEqual(['handler.redirect.target']));

test.each([
  ['', 'x'],
  ['A B', 'x'],
  ['A:', 'x'],
  ['Content-Length', 'x'],
  ['transfer-encoding', 'x'],
  ['X-A\r\nX-B', 'x'],
])('the header name %j is refused', (name, value) =>
  expect(violationsOf(header(name, value))).toEqual(['headers[0].name']),
);

test.each(['a\nb', 'a\rb', 'a\0b', 'ü', 'x'.repeat(4097)])('the header value %j is refused', (value) =>
  expect(violationsOf(header('X-A', value))).toEqual(['headers[0].value']),
);

test('every other refusal names its field', () => {
  const spec: SiteInit = {
    domains: ['*.a.test', 'b.test', 'b.test'],
    redirectToPrimary: true,
    handler: { answer: { case: 'proxy', value: { upstream: 'nobody', host: 'a b' } } },
    paths: [
      { path: '/', handler: good.handler },
      { path: '/.well-known/acme-challenge/x', handler: good.handler },
      { path: `/${'a'.repeat(251)}`, handler: good.handler },
      {
        path: '/a',
        handler: {
          answer: {
            case: 'staticFiles',
            value: { root: '/srv/x', release: 'sha256:no', index: ['../x'], fallback: 'x' },
          },
        },
      },
      { path: '/a', handler: { answer: { case: undefined } } },
    ],
    upstreams: [
      {
        name: 'A',
        balance: 3,
        servers: [{ host: 'x.test', port: 1, backup: true }],
        healthCheck: { path: '/ x' },
      },
    ],
    access: [{ source: '10.0.0.0/33' }, { source: 'everyone' }],
    basicAuth: { realm: 'a"b', users: [{ username: 'a:b' }] },
    errorPages: [{ statuses: [499], body: 'a\0b' }],
    maintenance: { allow: ['1.2.3.4/x'] },
  };
  expect(violationsOf(spec).sort()).toEqual(
    [
      'access[0].source',
      'access[1].source',
      'basicAuth.realm',
      'basicAuth.users[0].username',
      'domains[2]',
      'errorPages[0].body',
      'errorPages[0].statuses',
      'handler.proxy.host',
      'handler.proxy.upstream',
      'maintenance.allow[0]',
      'paths[0].path',
      'paths[1].path',
      'paths[2].path',
      'paths[3].handler.staticFiles',
      'paths[3].handler.staticFiles.fallback',
      'paths[3].handler.staticFiles.index[0]',
      'paths[3].handler.staticFiles.release',
      'paths[4].handler',
      'paths[4].path',
      'redirectToPrimary',
      'upstreams[0].healthCheck.path',
      'upstreams[0].name',
      'upstreams[0].servers[0].backup',
    ].sort(),
  );
});

test('networks are exact', () => {
  expect(parseNetwork('10.0.0.0/8')).toMatchObject({ bits: 8 });
  expect(isInside(parseAddress('10.255.0.1')!, '10.0.0.0/8')).toBe(true);
  expect(isInside(parseAddress('11.0.0.1')!, '10.0.0.0/8')).toBe(false);
  expect(parseAddress('1::2::3')).toBeUndefined();
  expect(parseAddress('::ffff:1.2.3.4')).toEqual(parseAddress('1.2.3.4'));
  expect(parseAddress('1:2:3:4:5:6:7:8')?.value).toBe(0x00010002000300040005000600070008n);
});

test('half of a surrogate pair in a body is refused at its field', () => {
  const answer = { case: 'fixedResponse' as const, value: { status: 200, body: 'a\ud800' } };
  const spec = {
    domains: ['good.test'],
    handler: { answer },
    errorPages: [{ statuses: [404], body: '\udc00' }],
    maintenance: { body: '\ud800' },
  };
  expect(violationsOf(spec).sort()).toEqual([
    'errorPages[0].body',
    'handler.fixedResponse.body',
    'maintenance.body',
  ]);
});
