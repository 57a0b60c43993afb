import { AppError } from '@ostler/kernel';
import type { CommandContext } from '../../command-context';
import { parseLabels } from '../../output/labels';

export const SELECTOR_FLAG = '--selector <@name|key=value...>';

/** The labels of words on the command line: `key=value`, or `@name` for a saved selector. */
export async function labelsOf(
  context: CommandContext,
  words: readonly string[],
): Promise<Record<string, string>> {
  const saved = words.filter((word) => word.startsWith('@')).map((word) => word.slice(1));
  const typed = parseLabels(words.filter((word) => !word.startsWith('@')));
  if (saved.length === 0) return typed;
  const { selectors } = await context.ostler().fleet.listSavedSelectors({});
  const found = saved.map((name) => {
    const selector = selectors.find((one) => one.name === name);
    if (selector) return selector.labels;
    const known = selectors.map((one) => `@${one.name}`).join(', ') || 'none yet';
    throw AppError.invalid(
      '--selector',
      'NOT_FOUND',
      `there is no saved selector "@${name}"; there are: ${known}`,
    );
  });
  return Object.assign({}, ...found, typed) as Record<string, string>;
}
