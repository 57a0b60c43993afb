import { expect, test } from 'vitest';
import { bytesText, parseBytes } from './amounts';
import { formatLabels, parseLabels } from './labels';
import { plainText } from './plain-text';
import { relativeText } from './time';

test.each([
  ['', 0n],
  ['4096', 4096n],
  ['16 MiB', 16_777_216n],
  ['1.5g', 1_610_612_736n],
  ['100 GiB', 107_374_182_400n],
])('"%s" is an amount of bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

test.each(['lots', '-1', '1 MB extra', '1,5 GiB', '16 XiB'])('"%s" is not', (text) =>
  expect(parseBytes(text)).toBeUndefined(),
);

test('bytes are told in binary units', () => {
  expect([0, 1023, 1536, 4_108_234_752].map(bytesText)).toEqual(['0 B', '1023 B', '1.5 KiB', '3.8 GiB']);
});

test('times are relative both ways', () => {
  const now = 1_000_000_000;
  expect(relativeText(now - 500, now)).toBe('just now');
  expect(relativeText(now - 185_000, now)).toBe('3 min ago');
  expect(relativeText(now + 2 * 86_400_000, now)).toBe('in 2 d');
});

test('labels survive being written and read', () => {
  const labels = { zone: 'fra', env: 'prod', flag: '' };
  expect(formatLabels(labels)).toBe('env=prod flag zone=fra');
  expect(parseLabels(formatLabels(labels))).toEqual(labels);
});

test('output of a process cannot move, colour or turn what is around it', () => {
  expect(plainText('a\x1b[31mred\x1b[0m\x1b]0;title\x07 b\u202Ec\r\nd\x00')).toBe('ared bc\nd');
});
