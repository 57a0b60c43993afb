import { newRequestId } from '@ostler/sdk';
import { ServerSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { parseLabels } from '../../output/labels';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { connectionCommands } from './connection';
import { printServer } from './describe';
import { holdCommands } from './hold';
import { listServers, type ServerQuery, watchServers } from './list';
import { orphanCommands } from './orphans';
import { endCommands } from './remove';
import { SELECTOR_FLAG } from './selector-option';

interface ListOptions extends Omit<ServerQuery, 'names'> {
  readonly watch?: boolean;
}

export function serverCommands(program: Command, context: CommandContext): void {
  const servers = program
    .command('servers')
    .description('List servers, look at one, check the way to it, label, revoke and remove it.');
  servers
    .command('list', { isDefault: true })
    .description('List servers with their state.')
    .option(SELECTOR_FLAG, 'only those with the labels, or with those of a saved selector', [])
    .option('--search <text>', 'only what has the text in its name')
    .option('-w, --watch', 'go on with each change until interrupted; with -o json one object a line')
    .addOption(formatOption())
    .action(({ watch, ...query }: ListOptions) =>
      (watch ? watchServers : listServers)(context, { ...query, names: [] }),
    );
  servers
    .command('get <name>')
    .alias('describe')
    .description('Show state, facts, disks, local policy and capabilities of a server.')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action(async (name: string, { output }: { output: Format }) => {
      const { server } = await context.ostler().fleet.getServer({ name });
      if (server)
        await printMessages(context, output, ServerSchema, [server], () => printServer(context, server));
    });
  servers
    .command('label <name> <key=value...>')
    .description('Replace the labels of a server; its placements follow.')
    .action((name: string, labels: string[]) => label(context, name, labels));
  connectionCommands(servers, context);
  holdCommands(servers, context);
  orphanCommands(servers, context);
  endCommands(servers, context);
}

async function label(context: CommandContext, name: string, labels: string[]): Promise<void> {
  const { fleet } = context.ostler();
  const present = await fleet.getServer({ name });
  const displayName = present.server?.displayName ?? '';
  await fleet.updateServer({ requestId: newRequestId(), name, displayName, labels: parseLabels(labels) });
  context.print(`${safe(name)} is labelled ${safe(labels.join(' '))}.`);
}
