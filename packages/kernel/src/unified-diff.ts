const CONTEXT_LINES = 3;
const MOST_BYTES = 64 * 1024;
/** Above this many pairs of lines the middle is shown as replaced, not compared. */
const MOST_PAIRS = 4_000_000;

interface Edit {
  readonly sign: ' ' | '-' | '+';
  readonly line: string;
}

/** A unified diff of two texts, at most 64 KiB; empty when they are the same. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const edits = compare(linesOf(before), linesOf(after));
  const text = `--- ${path}\n+++ ${path}\n${hunks(edits).join('')}`;
  const bytes = new TextEncoder().encode(text);
  if (bytes.byteLength <= MOST_BYTES) return text;
  const shown = new TextDecoder().decode(bytes.subarray(0, MOST_BYTES - 100));
  return `${shown}\n... the rest of the diff is left out\n`;
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** The longest common subsequence, after what both begin and end with. */
function compare(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before.at(-1 - end) === after.at(-1 - end)
  )
    end += 1;
  const middle = compareMiddle(
    before.slice(start, before.length - end),
    after.slice(start, after.length - end),
  );
  const same = (lines: readonly string[]): Edit[] => lines.map((line) => ({ sign: ' ', line }));
  return [...same(before.slice(0, start)), ...middle, ...same(before.slice(before.length - end))];
}

function compareMiddle(before: readonly string[], after: readonly string[]): Edit[] {
  const removed = (line: string): Edit => ({ sign: '-', line });
  const added = (line: string): Edit => ({ sign: '+', line });
  if (before.length * after.length > MOST_PAIRS) return [...before.map(removed), ...after.map(added)];
  const width = after.length + 1;
  const longest = new Uint32Array((before.length + 1) * width);
  for (let row = before.length - 1; row >= 0; row -= 1)
    for (let column = after.length - 1; column >= 0; column -= 1)
      longest[row * width + column] =
        before[row] === after[column]
          ? longest[(row + 1) * width + column + 1]! + 1
          : Math.max(longest[(row + 1) * width + column]!, longest[row * width + column + 1]!);
  const edits: Edit[] = [];
  let row = 0;
  let column = 0;
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      edits.push({ sign: ' ', line: before[row]! });
      row += 1;
      column += 1;
    } else if (longest[(row + 1) * width + column]! >= longest[row * width + column + 1]!)
      edits.push(removed(before[row++]!));
    else edits.push(added(after[column++]!));
  }
  return [...edits, ...before.slice(row).map(removed), ...after.slice(column).map(added)];
}

function hunks(edits: readonly Edit[]): string[] {
  const changed = edits.flatMap((edit, index) => (edit.sign === ' ' ? [] : [index]));
  const ranges: { from: number; to: number }[] = [];
  for (const index of changed) {
    const last = ranges.at(-1);
    if (last && index - last.to <= CONTEXT_LINES * 2) last.to = index;
    else ranges.push({ from: index, to: index });
  }
  return ranges.map(({ from, to }) =>
    hunk(edits, Math.max(0, from - CONTEXT_LINES), Math.min(edits.length, to + CONTEXT_LINES + 1)),
  );
}

function hunk(edits: readonly Edit[], from: number, to: number): string {
  const count = (list: readonly Edit[], skip: '-' | '+'): number =>
    list.filter((edit) => edit.sign !== skip).length;
  const before = edits.slice(0, from);
  const shown = edits.slice(from, to);
  const range = (skip: '-' | '+'): string => {
    const length = count(shown, skip);
    return `${count(before, skip) + (length === 0 ? 0 : 1)},${length}`;
  };
  return `@@ -${range('+')} +${range('-')} @@\n${shown.map((edit) => `${edit.sign}${edit.line}\n`).join('')}`;
}
