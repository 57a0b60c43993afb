import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldSame } from './fold-same';
import { diffLines } from './line-diff';
import { pairLines, parseUnifiedDiff } from './unified-diff';

const side = (before: string, after: string, without: 'added' | 'removed'): string[] =>
  diffLines(before, after)
    .filter(({ kind }) => kind !== without)
    .map(({ text }) => text);

test('a comparison holds both texts whole, in order', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
    .map((lines) => lines.join('\n'));
  const lines = (value: string): string[] => (value === '' ? [] : value.replace(/\n$/, '').split('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(side(before, after, 'added')).toEqual(lines(before));
      expect(side(before, after, 'removed')).toEqual(lines(after));
    }),
  );
});

test('a changed line is removed and added between what stayed', () => {
  expect(diffLines('a\nb\nc', 'a\nx\nc').map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'same a',
    'removed b',
    'added x',
    'same c',
  ]);
});

test('two columns show removed beside added', () => {
  const pairs = pairLines(diffLines('a\nb\nc', 'a\nx\ny\nc'));
  expect(pairs.map(([before, after]) => [before?.text, after?.text])).toEqual([
    ['a', 'a'],
    ['b', 'x'],
    [undefined, 'y'],
    ['c', 'c'],
  ]);
});

test('lines far from a change fold, and none is lost', () => {
  const before = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const lines = diffLines(before.join('\n'), before.with(20, 'changed').join('\n'));
  const runs = foldSame(lines);
  expect(runs.map(({ hidden, lines: { length } }) => [hidden, length])).toEqual([
    [true, 17],
    [false, 8],
    [true, 16],
  ]);
  expect(runs.flatMap((run) => run.lines)).toEqual(lines);
});

test('a unified diff is read with the numbers of its headers', () => {
  const [first, second] = parseUnifiedDiff(
    '--- a/x\n+++ b/x\n@@ -3,2 +3,2 @@\n same\n-old\n+new\n@@ -9 +9 @@ part\n+more\n\\ No newline at end of file\n',
  );
  expect(first?.lines).toEqual([
    { kind: 'same', text: 'same', before: 3, after: 3 },
    { kind: 'removed', text: 'old', before: 4 },
    { kind: 'added', text: 'new', after: 4 },
  ]);
  expect(second?.lines).toEqual([{ kind: 'added', text: 'more', after: 9 }]);
});
