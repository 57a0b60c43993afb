import { everyPage } from '@ostler/sdk';
import type { Kind, Resource } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { parseLabels } from '../../output/labels';
import { kindOf } from '../../output/names';
import { type Format, formatOption, printResources } from '../../output/render';

interface GetOptions {
  readonly output: Format;
  readonly selector: readonly string[];
  readonly search?: string;
  readonly server?: string;
  readonly watch?: boolean;
}

export function getCommand(program: Command, context: CommandContext): void {
  program
    .command('get <kind> [name]')
    .description('List resources of a kind, or show one: sites, certificates, servers, or all.')
    .option('-l, --selector <key=value...>', 'only what carries the labels', [])
    .option('--search <text>', 'only what has the text in a name or domain')
    .option('--server <name>', 'only what is placed on the server')
    .option('-w, --watch', 'go on with each change until interrupted; with -o json one object a line')
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
  const kind = word === 'all' ? 0 : kindOf(word);
  if (options.watch) {
    const { watch } = await import('./watch');
    return watch(context, { kind, name: name ?? '' }, options.output, filterOf(options));
  }
  const found = name === undefined ? await list(context, kind, options) : [await one(context, kind, name)];
  return printResources(context, found, options.output);
}

async function one(context: CommandContext, kind: Kind, name: string): Promise<Resource> {
  return (await context.ostler().resources.get({ kind, name })).resource!;
}

async function list(context: CommandContext, kind: Kind, options: GetOptions): Promise<Resource[]> {
  const { resources } = context.ostler();
  const { search, server } = options;
  const query = { kind, labels: parseLabels(options.selector), search, server };
  const found: Resource[] = [];
  for await (const page of everyPage((pageToken) => resources.list({ ...query, pageSize: 500, pageToken }))) {
    found.push(...page.resources);
  }
  return found;
}

/** The filters of a list, for changes as they come: a watch sends all of a kind. */
function filterOf({ selector, search = '', server }: GetOptions): (resource: Resource) => boolean {
  const labels = Object.entries(parseLabels(selector));
  const wanted = search.toLowerCase();
  return ({ meta, spec, status }) => {
    const domains = spec.case === 'site' ? spec.value.domains : [];
    const texts = [meta?.name ?? '', meta?.displayName ?? '', ...domains];
    const servers = (status?.placementStatuses ?? []).map(({ serverName }) => serverName);
    return (
      labels.every(([key, value]) => meta?.labels[key] === value) &&
      texts.some((text) => text.toLowerCase().includes(wanted)) &&
      (server === undefined || servers.includes(server))
    );
  };
}

async function getServers(
  context: CommandContext,
  name: string | undefined,
  options: GetOptions,
): Promise<void> {
  const { listServers, watchServers } = await import('../servers/list');
  const query = { names: name === undefined ? [] : [name], ...options };
  return options.watch ? watchServers(context, query) : listServers(context, query);
}
