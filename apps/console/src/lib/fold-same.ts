import type { DiffLine } from './line-diff';

/** A run of lines of a comparison; `hidden` ones are unchanged and far from any change. */
export interface DiffRun {
  readonly hidden: boolean;
  readonly lines: readonly DiffLine[];
}

const CONTEXT = 3;
/** Folding fewer lines than this would hide more than it saves. */
const LEAST_FOLDED = 4;

/** Splits a comparison into what is near a change and what is not. */
export function foldSame(lines: readonly DiffLine[]): readonly DiffRun[] {
  const near = lines.map(() => false);
  lines.forEach(({ kind }, index) => {
    if (kind !== 'same') near.fill(true, Math.max(0, index - CONTEXT), index + CONTEXT + 1);
  });
  const runs: { hidden: boolean; lines: DiffLine[] }[] = [];
  lines.forEach((line, index) => {
    const hidden = !near[index];
    const last = runs.at(-1);
    if (last && last.hidden === hidden) last.lines.push(line);
    else runs.push({ hidden, lines: [line] });
  });
  return runs.map((run) => ({ ...run, hidden: run.hidden && run.lines.length >= LEAST_FOLDED }));
}
