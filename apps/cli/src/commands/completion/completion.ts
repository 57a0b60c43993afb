import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { type Shell, scripts } from './scripts';

export function completionCommands(program: Command, context: CommandContext): void {
  const completion = program
    .command('completion')
    .description('Complete commands and live names at the tab key.');
  for (const shell of Object.keys(scripts) as Shell[]) {
    completion
      .command(shell)
      .description(`Print the script for ${shell}; its first lines say where to put it.`)
      .action(() => context.write(scripts[shell]));
  }
}
