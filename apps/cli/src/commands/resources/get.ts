import { everyPage } from '@ostler/sdk';
import { type Resource, ServerSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { parseLabels } from '../../output/labels';
import { kindOf } from '../../output/names';
import { type Format, formatOption, printJson, printResources } from '../../output/render';
import { printServers } from '../servers/describe';

interface GetOptions {
  readonly output: Format;
  readonly label: readonly string[];
  readonly search?: string;
  readonly server?: string;
}

export function getCommand(program: Command, context: CommandContext): void {
  program
    .command('get <kind> [name]')
    .description('List resources of a kind, or show one: sites, certificates, servers.')
    .option('-l, --label <key=value...>', 'only what carries the label; repeat for more', [])
    .option('--search <text>', 'only what has the text in a name or domain')
    .option('--server <name>', 'only what is placed on the server')
    .addOption(formatOption())
    .action((kind: string, name: string | undefined, options: GetOptions) =>
      /^servers?$/.test(kind)
        ? getServers(context, name, options)
        : getResources(context, kind, name, options),
    );
}

async function getResources(
  context: CommandContext,
  word: string,
  name: string | undefined,
  options: GetOptions,
): Promise<void> {
  const kind = kindOf(word);
  const { resources } = context.ostler();
  if (name !== undefined) {
    const { resource } = await resources.get({ kind, name });
    return printResources(context, resource ? [resource] : [], options.output);
  }
  const found: Resource[] = [];
  const query = { kind, labels: parseLabels(options.label), search: options.search, server: options.server };
  for await (const page of everyPage((pageToken) => resources.list({ ...query, pageSize: 500, pageToken }))) {
    found.push(...page.resources);
  }
  printResources(context, found, options.output);
}

async function getServers(
  context: CommandContext,
  name: string | undefined,
  options: GetOptions,
): Promise<void> {
  const { fleet } = context.ostler();
  const servers = [];
  if (name !== undefined) {
    const { server } = await fleet.getServer({ name });
    if (server) servers.push(server);
  } else {
    const query = { labels: parseLabels(options.label), search: options.search };
    for await (const page of everyPage((pageToken) => fleet.listServers({ ...query, pageToken }))) {
      servers.push(...page.servers);
    }
  }
  if (options.output === 'json') return printJson(context, ServerSchema, servers);
  if (options.output === 'name') return servers.forEach((server) => context.print(`server/${server.name}`));
  printServers(context, servers);
}
