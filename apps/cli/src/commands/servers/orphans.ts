import { newRequestId } from '@ostler/sdk';
import { AppError } from '@ostler/kernel';
import { type OrphanedResource, OrphanedResourceSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { table } from '../../output/table';

/** What a server holds and the control plane does not know, as after a restore of a backup. */
export function orphanCommands(servers: Command, context: CommandContext): void {
  const orphans = servers
    .command('orphans')
    .description('See and discard what a server holds and the control plane does not know.');
  orphans
    .command('list <name>')
    .description('List them. They go on running until they are discarded.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async (name: string, { output }: { output: Format }) => {
      const found = await orphansOf(context, name);
      await printMessages(context, output, OrphanedResourceSchema, found, () =>
        context.print(table(['UID', 'KIND', 'NAME', 'GENERATION'], found.map(row))),
      );
    });
  orphans
    .command('discard <name> [uid...]')
    .description('Remove them from the server.')
    .option('--all', 'every one of them')
    .option('-y, --yes', 'do not ask')
    .action((name: string, uids: string[], options: { all?: boolean; yes?: boolean }) =>
      discard(context, name, uids, options),
    );
}

async function orphansOf(context: CommandContext, name: string): Promise<readonly OrphanedResource[]> {
  const { server } = await context.ostler().fleet.getServer({ name });
  return server?.orphans ?? [];
}

function row({ uid, kind, name, generation }: OrphanedResource): string[] {
  return [uid, safe(kind.toLowerCase()), safe(name), String(generation)];
}

async function discard(
  context: CommandContext,
  name: string,
  wanted: readonly string[],
  { all = false, yes = false }: { all?: boolean; yes?: boolean },
): Promise<void> {
  if (all === wanted.length > 0) {
    throw AppError.invalid('uid', 'REQUIRED', 'name the orphans by their uid, or say --all');
  }
  const found = await orphansOf(context, name);
  const uids = all ? found.map(({ uid }) => uid) : [...wanted];
  if (uids.length === 0) return context.print(`${safe(name)} holds nothing that is not known.`);
  const names = found.filter(({ uid }) => uids.includes(uid)).map((one) => safe(one.name));
  const question = `Remove ${names.join(', ') || `${uids.length} resources`} from ${name}? They end there.`;
  if (!yes && !(await confirm(question))) return context.print('Nothing was changed.');
  await context.ostler().fleet.discardOrphans({ requestId: newRequestId(), name, uids });
  context.print(`${uids.length} are removed from ${safe(name)} as soon as its agent has heard of it.`);
}
