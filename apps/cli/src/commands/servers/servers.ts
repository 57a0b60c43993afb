import { everyPage, newRequestId } from '@ostler/sdk';
import { type Server, Server_State } from '@ostler/contracts';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { ageOf } from '../../output/age';
import { parseLabels } from '../../output/labels';
import { serverStateName } from '../../output/names';
import { safe } from '../../output/style';
import { table } from '../../output/table';

export function serverCommands(program: Command, context: CommandContext): void {
  const servers = program.command('servers').description('List servers, look at one, label and remove them.');
  servers
    .command('list', { isDefault: true })
    .description('List servers with their state.')
    .action(async () => {
      const { fleet } = context.ostler();
      const all: Server[] = [];
      for await (const page of everyPage((pageToken) => fleet.listServers({ pageToken })))
        all.push(...page.servers);
      printServers(context, all);
    });
  servers
    .command('describe <name>')
    .description('Show facts and capabilities of a server.')
    .action(async (name: string) => {
      const { server } = await context.ostler().fleet.getServer({ name });
      if (server) describe(context, server);
    });
  servers
    .command('label <name> <key=value...>')
    .description('Replace the labels of a server; its placements follow.')
    .action(async (name: string, labels: string[]) => {
      const { fleet } = context.ostler();
      const present = await fleet.getServer({ name });
      const displayName = present.server?.displayName ?? '';
      await fleet.updateServer({ requestId: newRequestId(), name, displayName, labels: parseLabels(labels) });
      context.print(`${safe(name)} is labelled ${safe(labels.join(' '))}.`);
    });
  servers
    .command('remove <name>')
    .description('Forget a server. Its workloads go on.')
    .option('--force', 'even while resources are placed on it')
    .option('-y, --yes', 'do not ask')
    .action((name: string, options: { force?: boolean; yes?: boolean }) => remove(context, name, options));
}

async function remove(
  context: CommandContext,
  name: string,
  options: { force?: boolean; yes?: boolean },
): Promise<void> {
  if (!options.yes && !(await confirm(`Remove the server ${name}?`)))
    return context.print('Nothing was changed.');
  const force = options.force ?? false;
  const answer = await context.ostler().fleet.removeServer({ requestId: newRequestId(), name, force });
  context.print(safe(answer.consequence, { block: true }));
}

export function printServers(context: CommandContext, servers: readonly Server[]): void {
  const rows = servers.map((server) => [
    safe(server.name),
    stateWord(context, server),
    `${server.placementsReady}/${server.placements}`,
    ageOf(server.lastSeenAt),
    safe(server.agentVersion),
    safe(server.facts?.os ?? ''),
    safe(
      Object.entries(server.labels)
        .map((label) => label.join('='))
        .join(','),
    ),
  ]);
  context.print(table(['NAME', 'STATE', 'READY', 'SEEN', 'AGENT', 'SYSTEM', 'LABELS'], rows));
}

function stateWord(context: CommandContext, server: Server): string {
  const word = serverStateName(server.state);
  if (server.state === Server_State.CONNECTED) return context.style.good(word);
  return server.state === Server_State.DOWN ? context.style.bad(word) : context.style.dim(word);
}

function describe(context: CommandContext, server: Server): void {
  printServers(context, [server]);
  const facts = server.facts;
  context.print('');
  context.print(
    `${safe(facts?.hostname ?? '')}, ${safe(facts?.os ?? '')}, kernel ${safe(facts?.kernel ?? '')}`,
  );
  context.print(
    `${facts?.cpus ?? 0} processors, ${((facts?.memoryBytes ?? 0n) >> 20n).toString()} MiB of memory`,
  );
  context.print('');
  const rows = server.capabilities.map((capability) => [
    safe(capability.name),
    capability.available ? context.style.good('yes') : context.style.dim('no'),
    safe(capability.detail),
  ]);
  context.print(table(['CAPABILITY', 'THERE', 'DETAIL'], rows));
  for (const site of server.foreignSites) {
    context.print(`not managed: ${safe(site.serverNames.join(' '))} in ${safe(site.file)}:${site.line}`);
  }
}
