import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unifiedDiff } from './unified-diff';

test('a changed line is shown with its neighbours', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\nh\n';
  expect(unifiedDiff('/x', before, before.replace('e\n', 'E\nnew\n'))).toBe(
    '--- /x\n+++ /x\n@@ -2,7 +2,8 @@\n b\n c\n d\n-e\n+E\n+new\n f\n g\n h\n',
  );
  expect(unifiedDiff('/x', before, before)).toBe('');
  expect(unifiedDiff('/x', '', 'a\n')).toBe('--- /x\n+++ /x\n@@ -0,0 +1,1 @@\n+a\n');
});

test('applied to the text before, it gives the text after', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(apply(before, unifiedDiff('/x', before, after))).toBe(after);
    }),
  );
});

test('a large diff is cut at 64 KiB', () => {
  const diff = unifiedDiff('/x', '', 'line\n'.repeat(50_000));
  expect(Buffer.byteLength(diff)).toBeLessThanOrEqual(64 * 1024);
  expect(diff).toContain('the rest of the diff is left out');
});

function apply(before: string, diff: string): string {
  const lines = before === '' ? [] : before.replace(/\n$/, '').split('\n');
  const result: string[] = [];
  let at = 0;
  for (const line of diff.split('\n').slice(2)) {
    const start = /^@@ -(\d+),(\d+)/.exec(line);
    if (start) {
      const from = Number(start[2]) === 0 ? Number(start[1]) : Number(start[1]) - 1;
      while (at < from) result.push(lines[at++]!);
    } else if (line.startsWith('+')) result.push(line.slice(1));
    else if (line.startsWith('-')) at += 1;
    else if (line.startsWith(' ')) result.push(lines[at++]!);
  }
  result.push(...lines.slice(at));
  return result.map((line) => `${line}\n`).join('');
}
