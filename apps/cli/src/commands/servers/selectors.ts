import { newRequestId } from '@ostler/sdk';
import { type SavedSelector, SavedSelectorSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { parseLabels } from '../../output/labels';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { table } from '../../output/table';

/** Labels under a name: `--selector @name` stands for them. */
export function selectorCommands(program: Command, context: CommandContext): void {
  const selectors = program
    .command('selectors')
    .description('Keep labels under a name, for lists and updates: --selector @name.');
  selectors
    .command('list', { isDefault: true })
    .description('List saved selectors and how many servers they match now.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async ({ output }: { output: Format }) => {
      const found = (await context.ostler().fleet.listSavedSelectors({})).selectors;
      await print(context, output, found);
    });
  selectors
    .command('save <name> <key=value...>')
    .description('Keep labels under a name; the same name again replaces them.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async (name: string, labels: string[], { output }: { output: Format }) => {
      const wish = { requestId: newRequestId(), name, labels: parseLabels(labels) };
      const { selector } = await context.ostler().fleet.saveSelector(wish);
      await print(context, output, selector ? [selector] : []);
    });
  selectors
    .command('delete <name>')
    .description('Forget the name. Servers keep their labels.')
    .action(async (name: string) => {
      await context.ostler().fleet.deleteSelector({ requestId: newRequestId(), name });
      context.print(`@${safe(name)} is deleted.`);
    });
}

async function print(
  context: CommandContext,
  format: Format,
  selectors: readonly SavedSelector[],
): Promise<void> {
  await printMessages(context, format, SavedSelectorSchema, selectors, () => {
    const rows = selectors.map(({ name, labels, servers }) => [
      `@${safe(name)}`,
      String(servers),
      safe(
        Object.entries(labels)
          .map((label) => label.join('='))
          .join(','),
      ),
    ]);
    context.print(table(['NAME', 'SERVERS', 'LABELS'], rows));
  });
}
