import { expect, test } from 'vitest';

import type { Verdict } from '../problems';
import { accessSource, cidr } from './cidr';
import { hostHeader, upstreamHost } from './hosts';
import { formatIp, parseIp } from './ip-address';
import { fastCgiSocket, locationPath, releasePath, requestTarget, serverFolder } from './paths';
import { acmeDirectory, redirectTarget } from './urls';

const rules = {
  accessSource,
  cidr,
  hostHeader,
  upstreamHost,
  fastCgiSocket,
  locationPath,
  releasePath,
  requestTarget,
  serverFolder,
  acmeDirectory,
  redirectTarget,
};
type Rule = keyof typeof rules;
const told = (verdict: Verdict): string => (verdict.ok ? `= ${verdict.value}` : verdict.reason);

test.each<[Rule, string, string]>([
  ['cidr', '10.0.0.0/8', '= 10.0.0.0/8'],
  ['cidr', '2001:DB8:0:0::/32', '= 2001:db8::/32'],
  ['cidr', '10.0.0.1/8', 'HOST_BITS_SET'],
  ['cidr', '10.0.0.0/33', 'BAD_PREFIX_LENGTH'],
  ['cidr', '10.0.0.0/8/8', 'NOT_AN_ADDRESS'],
  ['cidr', '010.0.0.0/8', 'NOT_AN_ADDRESS'],
  ['cidr', 'all', 'NOT_AN_ADDRESS'],
  ['accessSource', 'all', '= all'],
  ['upstreamHost', '127.0.0.1', '= 127.0.0.1'],
  ['upstreamHost', 'App.Internal', '= app.internal'],
  ['upstreamHost', '0:0:0:0:0:0:0:1', '= ::1'],
  ['upstreamHost', '169.254.169.254', 'FORBIDDEN_ADDRESS'],
  ['upstreamHost', '::ffff:169.254.169.254', 'FORBIDDEN_ADDRESS'],
  ['upstreamHost', '64:ff9b::a9fe:a9fe', 'FORBIDDEN_ADDRESS'],
  ['upstreamHost', '2002:a9fe:a9fe::', 'FORBIDDEN_ADDRESS'],
  ['upstreamHost', 'fe80::1', 'FORBIDDEN_ADDRESS'],
  ['upstreamHost', 'fd00:ec2::254', 'FORBIDDEN_ADDRESS'],
  ['upstreamHost', '0.0.0.0', 'FORBIDDEN_ADDRESS'],
  ['upstreamHost', 'metadata.google.internal.', 'FORBIDDEN_ADDRESS'],
  ['upstreamHost', '2852039166', 'IP_ADDRESS'],
  ['upstreamHost', '0xa9fea9fe', 'IP_ADDRESS'],
  ['upstreamHost', 'unix:/run/docker.sock', 'BAD_CHARACTER'],
  ['upstreamHost', 'fe80::1%eth0', 'BAD_CHARACTER'],
  ['hostHeader', 'Example.com:8080', '= example.com:8080'],
  ['hostHeader', '[2001:DB8::1]:443', '= [2001:db8::1]:443'],
  ['hostHeader', 'example.com:99999', 'BAD_PORT'],
  ['hostHeader', 'a b', 'BAD_CHARACTER'],
  ['serverFolder', '/srv/www/', '= /srv/www'],
  ['serverFolder', '/srv/café', '= /srv/café'],
  ['serverFolder', 'srv', 'NOT_ABSOLUTE'],
  ['serverFolder', '/', 'TOO_WIDE'],
  ['serverFolder', '/srv/../etc', 'BAD_PATH'],
  ['serverFolder', '/etc/nginx', 'PRIVATE_FOLDER'],
  ['serverFolder', '/etcetera', '= /etcetera'],
  ['serverFolder', '/srv/$host', 'BAD_CHARACTER'],
  ['serverFolder', '/srv/a"b', 'BAD_CHARACTER'],
  ['fastCgiSocket', '/var/run/php/php8.2-fpm.sock', '= /run/php/php8.2-fpm.sock'],
  ['fastCgiSocket', '/run/docker.sock', 'PRIVATE_SOCKET'],
  ['fastCgiSocket', '/run/systemd/private', 'PRIVATE_SOCKET'],
  ['fastCgiSocket', '/tmp/a.sock', 'BAD_SOCKET'],
  ['fastCgiSocket', '/run/../tmp/a.sock', 'BAD_SOCKET'],
  ['locationPath', '/a/b/', '= /a/b/'],
  ['locationPath', '//a', 'NOT_A_PATH'],
  ['locationPath', '/a/../b', 'BAD_PATH'],
  ['locationPath', '/a;b', 'BAD_CHARACTER'],
  ['locationPath', '/.well-known/acme-challenge/', 'RESERVED'],
  ['requestTarget', '/health?full=1&x=%20', '= /health?full=1&x=%20'],
  ['requestTarget', '/%zz', 'BAD_ESCAPE'],
  ['redirectTarget', 'https://example.com/a?b=c#d', '= https://example.com/a?b=c#d'],
  ['redirectTarget', '/elsewhere', '= /elsewhere'],
  ['redirectTarget', '//evil.example', 'NOT_A_PATH'],
  ['redirectTarget', 'javascript:alert(1)', 'BAD_URL'],
  ['redirectTarget', 'https:evil.example', 'BAD_URL'],
  ['redirectTarget', 'http:///evil.example', 'BAD_URL'],
  ['redirectTarget', 'https://user@example.com/', 'BAD_URL'],
  ['redirectTarget', 'https://example.com/$host', 'BAD_CHARACTER'],
  ['acmeDirectory', 'https://acme.example/directory', '= https://acme.example/directory'],
  ['acmeDirectory', 'http://acme.example/directory', 'BAD_URL'],
  ['acmeDirectory', 'https://169.254.169.254/', 'FORBIDDEN_ADDRESS'],
  ['acmeDirectory', 'https://[::ffff:169.254.169.254]/', 'FORBIDDEN_ADDRESS'],
  ['releasePath', 'a/b.html', '= a/b.html'],
  ['releasePath', '-rf', '= -rf'],
  ['releasePath', 'a\\b', 'BAD_CHARACTER'],
])('%s of %j is %s', (rule, text, expected) => {
  const verdict = rules[rule](text);
  expect(told(verdict)).toBe(expected);
  if (verdict.ok) expect(told(rules[rule](verdict.value))).toBe(expected);
});

test.each(['::', '::1', '1::', '2001:db8::1:0:0:1', '1:2:3:4:5:6:7:8', '::ffff:1.2.3.4', '1.2.3.4'])(
  'the address %s is understood and written in one form',
  (text) => {
    const written = formatIp(parseIp(text)!);
    expect(parseIp(written)).toEqual(parseIp(text));
    expect(formatIp(parseIp(written)!)).toBe(written);
  },
);

test.each([
  '',
  ':',
  ':::',
  '1:2',
  '1:2:3:4:5:6:7:8:9',
  '1::2::3',
  'g::',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '1.2.3.4:80',
  '::1%lo',
])('%j is no address', (text) => {
  expect(parseIp(text)).toBeUndefined();
});
