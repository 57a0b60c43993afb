import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toServerName, uniqueName } from './server-names';

test.each([
  ['web-1.example.com', 'web-1'],
  ['Web_1', 'web-1'],
  ['--', 'server'],
  ['', 'server'],
  ['Büro', 'bu-ro'],
  ['x'.repeat(80), 'x'.repeat(63)],
])('%s becomes %s', (wished, name) => expect(toServerName(wished)).toBe(name));

test('a taken name gets the lowest number that is free', () => {
  const taken = new Set(['web', 'web-2']);
  expect(uniqueName('web', (name) => taken.has(name))).toBe('web-3');
  expect(uniqueName('x'.repeat(63), (name) => name.length === 63 && !name.includes('-'))).toBe(
    `${'x'.repeat(61)}-2`,
  );
});

test('whatever is wished, the name is a DNS label', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (wished) => {
      expect(toServerName(wished)).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    }),
  );
});
