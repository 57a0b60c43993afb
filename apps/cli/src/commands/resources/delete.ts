import { newRequestId } from '@ostler/sdk';
import { type DeleteResponse, DeleteResponseSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { kindName, kindOf } from '../../output/names';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';

interface DeleteOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly output: Format;
}

export function deleteCommand(program: Command, context: CommandContext): void {
  program
    .command('delete <kind> <name>')
    .description('Remove a resource from every server it is on. Says the consequence and asks first.')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'only say the consequence')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async (word: string, name: string, options: DeleteOptions) => {
      const { resources } = context.ostler();
      const kind = kindOf(word);
      const preview = await resources.delete({ requestId: newRequestId(), kind, name, dryRun: true });
      const show = (answer: DeleteResponse, last: string): Promise<void> =>
        printMessages(context, options.output, DeleteResponseSchema, [answer], () => context.print(last));
      const consequence = safe(preview.consequence, { block: true });
      if (options.dryRun) return show(preview, consequence);
      if (options.output === 'table') context.print(consequence);
      if (!options.yes && !(await confirm(`Delete ${word} ${name}?`)))
        return context.print('Nothing was changed.');
      const answer = await resources.delete({ requestId: newRequestId(), kind, name });
      await show(answer, `Deleting ${kindName(kind)}/${safe(name)}.`);
    });
}
