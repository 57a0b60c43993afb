import type { DiffLine } from './line-diff';

/** A run of lines of a unified diff, with the line numbers that its header gave. */
export interface Hunk {
  readonly header: string;
  readonly lines: readonly DiffLine[];
}

const HEADER = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

/** Reads a unified diff of one file; lines before the first hunk are its names and are left out. */
export function parseUnifiedDiff(text: string): Hunk[] {
  const hunks: { header: string; lines: DiffLine[] }[] = [];
  let before = 0;
  let after = 0;
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const header = HEADER.exec(line);
    if (header) {
      before = Number(header[1]);
      after = Number(header[2]);
      hunks.push({ header: line, lines: [] });
      continue;
    }
    const hunk = hunks.at(-1);
    if (!hunk || line.startsWith('\\')) continue;
    const rest = line.slice(1);
    if (line.startsWith('+')) hunk.lines.push({ kind: 'added', text: rest, after: after++ });
    else if (line.startsWith('-')) hunk.lines.push({ kind: 'removed', text: rest, before: before++ });
    else hunk.lines.push({ kind: 'same', text: rest, before: before++, after: after++ });
  }
  return hunks;
}

/** Lines of a comparison as pairs for two columns: removed beside added. */
export function pairLines(lines: readonly DiffLine[]): readonly (readonly [DiffLine?, DiffLine?])[] {
  const pairs: [DiffLine?, DiffLine?][] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const settle = (): void => {
    for (let row = 0; row < Math.max(removed.length, added.length); row += 1) {
      pairs.push([removed[row], added[row]]);
    }
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === 'removed') removed.push(line);
    else if (line.kind === 'added') added.push(line);
    else {
      settle();
      pairs.push([line, line]);
    }
  }
  settle();
  return pairs;
}
