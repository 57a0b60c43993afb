import { expect, test } from 'vitest';

import { isPlainPath, isSafePath, privateMainConfiguration } from './private-main';

test.each(['/var/lib/ostler-agent/nginx', '/home/kim/my data/nginx', '/srv/100%/nginx', '/home/zoë/nginx'])(
  'a private nginx may live in %j',
  (path) => expect(isSafePath(path)).toBe(true),
);

test.each([
  '/srv/a"b',
  '/srv/a;b',
  '/srv/$a',
  '/srv/*',
  '/srv/a\nb',
  '/srv/{a}',
  '/srv/a\\b',
  'srv/a',
  '/srv//a',
  '/',
])('no nginx may live in %j', (path) => expect(isSafePath(path)).toBe(false));

test('the system nginx needs a path without a space, which systemd would split', () => {
  expect(isPlainPath('/var/lib/ostler-agent/nginx')).toBe(true);
  expect(isPlainPath('/srv/my data/nginx')).toBe(false);
});

test('every path of the main file that may have a space is one quoted word', () => {
  const prefix = '/srv/my data/private';
  const hookPath = `${prefix}/conf.d/ostler.conf`;
  const text = privateMainConfiguration({ prefix, hookPath, mimeTypes: undefined, user: undefined });
  const lines = text.split('\n').filter((line) => line.includes(prefix));
  expect(lines).toHaveLength(8);
  for (const line of lines) expect(line).toMatch(/ "\/srv\/my data\/private[^" ]*";$/);
});
