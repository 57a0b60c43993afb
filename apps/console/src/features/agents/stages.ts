export const STAGES_HELP = 'In percent of the servers, rising, the last one 100.';

/** Percents as they are typed, "1, 10, 100"; undefined when they do not rise to 100. */
export function parseStages(text: string): readonly number[] | undefined {
  const percents = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(Number);
  const rises = percents.every((percent, index) => percent > (percents[index - 1] ?? 0));
  const isWhole = percents.every((percent) => Number.isInteger(percent) && percent <= 100);
  return percents.length <= 10 && percents.at(-1) === 100 && rises && isWhole ? percents : undefined;
}
