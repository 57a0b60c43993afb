import { expect, test } from 'vitest';
import { escapedCode, escapedText } from './escaped-text';

test('what cannot be seen is spelled out, what can be seen stays', () => {
  expect(escapedText('invoice\u202efdp.exe')).toBe('invoice\\u{202e}fdp.exe');
  expect(escapedText('a\u0000\n\u200b\ud800b')).toBe('a\\u{0}\\u{a}\\u{200b}\\u{d800}b');
  expect(escapedText('π ünïcode <b>')).toBe('π ünïcode <b>');
});

test('a tab of code stays a tab', () => {
  expect(escapedCode('\tif (isAdmin\u2066) {')).toBe('\tif (isAdmin\\u{2066}) {');
});
