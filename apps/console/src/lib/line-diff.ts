/** One line of a comparison. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
  /** Line number before the change, from 1; absent for an added line. */
  readonly before?: number;
  /** Line number after the change, from 1; absent for a removed line. */
  readonly after?: number;
}

/** Above this product of lengths the middle is shown as removed and added as a whole. */
const LARGEST_TABLE = 4_000_000;

/** Compares two texts line by line (longest common subsequence, after the common head and tail). */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = linesOf(before);
  const b = linesOf(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const middle = diffMiddle(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const kinds = [
    ...Array.from({ length: head }, () => 'same' as const),
    ...middle,
    ...Array.from({ length: tail }, () => 'same' as const),
  ];
  return numbered(kinds, a, b);
}

function linesOf(text: string): string[] {
  if (text === '') return [];
  return text.replace(/\n$/, '').split('\n');
}

function numbered(
  kinds: readonly DiffLine['kind'][],
  a: readonly string[],
  b: readonly string[],
): DiffLine[] {
  let before = 0;
  let after = 0;
  return kinds.map((kind) => {
    if (kind === 'removed') return { kind, text: a[before] ?? '', before: ++before };
    if (kind === 'added') return { kind, text: b[after] ?? '', after: ++after };
    return { kind, text: b[after] ?? '', before: ++before, after: ++after };
  });
}

function diffMiddle(a: readonly string[], b: readonly string[]): DiffLine['kind'][] {
  if (a.length * b.length > LARGEST_TABLE) {
    return [...a.map(() => 'removed' as const), ...b.map(() => 'added' as const)];
  }
  const lengths = commonLengths(a, b);
  const width = b.length + 1;
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  const kinds: DiffLine['kind'][] = [];
  let row = 0;
  let column = 0;
  while (row < a.length || column < b.length) {
    if (row < a.length && column < b.length && a[row] === b[column]) {
      kinds.push('same');
      row += 1;
      column += 1;
    } else if (row < a.length && (column === b.length || at(row + 1, column) >= at(row, column + 1))) {
      kinds.push('removed');
      row += 1;
    } else {
      kinds.push('added');
      column += 1;
    }
  }
  return kinds;
}

/** Length of the longest common subsequence of a[row..] and b[column..], for every row and column. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint32Array {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let row = a.length - 1; row >= 0; row -= 1) {
    for (let column = b.length - 1; column >= 0; column -= 1) {
      const below = lengths[(row + 1) * width + column] ?? 0;
      const right = lengths[row * width + column + 1] ?? 0;
      const diagonal = lengths[(row + 1) * width + column + 1] ?? 0;
      lengths[row * width + column] = a[row] === b[column] ? diagonal + 1 : Math.max(below, right);
    }
  }
  return lengths;
}
