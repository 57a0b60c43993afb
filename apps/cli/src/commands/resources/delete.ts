import { newRequestId } from '@ostler/sdk';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { kindOf } from '../../output/names';
import { safe } from '../../output/style';

export function deleteCommand(program: Command, context: CommandContext): void {
  program
    .command('delete <kind> <name>')
    .description('Remove a resource from every server it is on. Says the consequence and asks first.')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'only say the consequence')
    .action(async (word: string, name: string, options: { yes?: boolean; dryRun?: boolean }) => {
      const { resources } = context.ostler();
      const kind = kindOf(word);
      const preview = await resources.delete({ requestId: newRequestId(), kind, name, dryRun: true });
      context.print(safe(preview.consequence, { block: true }));
      if (options.dryRun) return;
      if (!options.yes && !(await confirm(`Delete ${word} ${name}?`)))
        return context.print('Nothing was changed.');
      await resources.delete({ requestId: newRequestId(), kind, name });
      context.print(`Deleting ${safe(word)}/${safe(name)}.`);
    });
}
