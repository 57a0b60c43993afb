import { WatchResponse_Type } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { kindOf } from '../../output/names';
import { resourceRow } from '../../output/resource-rows';
import { safe } from '../../output/style';

export function watchCommand(program: Command, context: CommandContext): void {
  program
    .command('watch <kind> [name]')
    .description('Print resources as they are, then each change, until interrupted.')
    .action((kind: string, name: string | undefined) => watch(context, kind, name));
}

async function watch(context: CommandContext, word: string, name: string | undefined): Promise<void> {
  const request = { kind: kindOf(word), name: name ?? '' };
  for await (const event of context.ostler().resources.watch(request)) {
    if (!event.resource) continue;
    if (event.type === WatchResponse_Type.REMOVED) {
      context.print(`${context.style.dim('removed')}  ${safe(event.resource.meta?.name ?? '')}`);
    } else {
      context.print(resourceRow(event.resource, context.style).join('  ').trimEnd());
    }
  }
}
