import { expect, test } from 'vitest';

import { domainCovers, normaliseDomain } from './domain';

test.each([
  ['WWW.Example.COM.', 'www.example.com'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['BÜCHER.example', 'xn--bcher-kva.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['faß.de', 'xn--fa-hia.de'],
  ['日本語.jp', 'xn--wgv71a119e.jp'],
  ['пример.рф', 'xn--e1afmkfd.xn--p1ai'],
  ['*.bücher.example', '*.xn--bcher-kva.example'],
  ['ｅｘａｍｐｌｅ.com', 'example.com'],
  ['localhost', 'localhost'],
])('%s is stored as %s', (given, stored) => {
  expect(normaliseDomain(given)).toEqual({ ok: true, value: stored });
  expect(normaliseDomain(stored)).toEqual({ ok: true, value: stored });
});

test.each([
  ['', 'EMPTY'],
  ['example.com:80', 'BAD_CHARACTER'],
  ['http://example.com', 'BAD_CHARACTER'],
  ['under_score.example', 'BAD_CHARACTER'],
  ['1.2.3.4', 'IP_ADDRESS'],
  ['2130706433', 'IP_ADDRESS'],
  ['0x7f.1', 'IP_ADDRESS'],
  ['127.1', 'IP_ADDRESS'],
  ['１.2.3.4', 'IP_ADDRESS'],
  ['a..b', 'NOT_A_DOMAIN'],
  ['-a.example', 'NOT_A_DOMAIN'],
  ['xn--.example', 'NOT_A_DOMAIN'],
  ['ab--c.example', 'NOT_A_DOMAIN'],
  [`${'a'.repeat(64)}.example`, 'LABEL_TOO_LONG'],
  [`${'a.'.repeat(127)}com`, 'TOO_LONG'],
  ['pаypal.com', 'LOOK_ALIKE'],
  ['аррӏе.com', 'LOOK_ALIKE'],
  ['xn--80ak6aa92e.com', 'LOOK_ALIKE'],
  ['*.com', 'BAD_WILDCARD'],
  ['a.*.example', 'BAD_CHARACTER'],
])('%s is refused as %s', (given, reason) => {
  expect(normaliseDomain(given)).toMatchObject({ ok: false, reason });
});

test('a wildcard covers one label', () => {
  expect(domainCovers('*.example.com', 'a.example.com')).toBe(true);
  expect(domainCovers('*.example.com', 'a.b.example.com')).toBe(false);
  expect(domainCovers('*.example.com', 'example.com')).toBe(false);
});
