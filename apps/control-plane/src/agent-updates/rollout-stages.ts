import { AppError } from '@ostler/kernel';

/** One server, a tenth, all: a bad release is seen where it does little harm. */
const DEFAULT_STAGES = [1, 10, 100];

/** The stages of a rollout, in percent. @throws AppError INVALID unless they rise and end at 100. */
export function stagesOf(wished: readonly number[]): number[] {
  const stages = wished.length === 0 ? DEFAULT_STAGES : [...wished];
  const isRising = stages.every((percent, index) => index === 0 || percent > stages[index - 1]!);
  if (!isRising || stages.at(-1) !== 100)
    throw AppError.invalid('stages', 'INVALID', 'each must be larger than the one before, and the last 100.');
  return stages;
}

/** The stage of each of so many servers, in order: percents count from the first on, and are rounded up. */
export function stageOf(index: number, total: number, stages: readonly number[]): number {
  const stage = stages.findIndex((percent) => index < Math.ceil((total * percent) / 100));
  return stage === -1 ? stages.length - 1 : stage;
}
