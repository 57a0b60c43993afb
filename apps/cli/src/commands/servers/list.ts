import { toJson } from '@bufbuild/protobuf';
import { LiveWatchRequest_Topic as Topic, type Server, ServerSchema } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { everyPage, watchLive } from '@ostler/sdk';
import type { CommandContext } from '../../command-context';
import { LiveRows } from '../../output/live-rows';
import { type Format, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { printServers, serverHeads, serverRow } from './describe';
import { labelsOf } from './selector-option';

export interface ServerQuery {
  /** Empty: all of them. */
  readonly names: readonly string[];
  readonly selector: readonly string[];
  readonly search?: string;
  readonly output: Format;
}

export async function listServers(context: CommandContext, query: ServerQuery): Promise<void> {
  const servers = query.names.length > 0 ? await named(context, query.names) : await matching(context, query);
  if (query.output === 'name') return servers.forEach(({ name }) => context.print(`server/${safe(name)}`));
  await printMessages(context, query.output, ServerSchema, servers, () => printServers(context, servers));
}

async function named(context: CommandContext, names: readonly string[]): Promise<Server[]> {
  const { fleet } = context.ostler();
  return Promise.all(names.map(async (name) => (await fleet.getServer({ name })).server!));
}

async function matching(context: CommandContext, { selector, search }: ServerQuery): Promise<Server[]> {
  const { fleet } = context.ostler();
  const labels = await labelsOf(context, selector);
  const found: Server[] = [];
  for await (const page of everyPage((pageToken) => fleet.listServers({ labels, search, pageToken }))) {
    found.push(...page.servers);
  }
  return found;
}

const SEEN = serverHeads.indexOf('SEEN');

/** The list, then each server whose row changed, until interrupted. */
export async function watchServers(context: CommandContext, query: ServerQuery): Promise<void> {
  const isWanted = await filterOf(context, query);
  const rows = new LiveRows(context, serverHeads, (row) => row.toSpliced(SEEN, 1));
  const asRow = query.output === 'table';
  const show = (server: Server): void => {
    if (!isWanted(server)) return;
    if (asRow) rows.set(server.uid, serverRow(context, server));
    else if (query.output === 'name') context.print(`server/${safe(server.name)}`);
    else context.print(JSON.stringify(toJson(ServerSchema, server)));
  };
  await new Promise<never>((_never, reject) => {
    watchLive(context.ostler(), {
      topics: [Topic.SERVERS],
      onBegin: () => undefined,
      onEvent: (event) => {
        if (event.case === 'serverChanged') show(event.value);
        else if (event.case === 'synced' && asRow) rows.begin();
      },
      onState: ({ phase, error }) => {
        if (phase === 'stopped') reject(error ? new AppError(error.reason, error.message) : new Error(phase));
      },
    });
  });
}

async function filterOf(
  context: CommandContext,
  { names, selector, search = '' }: ServerQuery,
): Promise<(server: Server) => boolean> {
  const labels = Object.entries(await labelsOf(context, selector));
  const wanted = search.toLowerCase();
  return (server) =>
    (names.length === 0 || names.includes(server.name)) &&
    `${server.name}\n${server.displayName}`.toLowerCase().includes(wanted) &&
    labels.every(([key, value]) => server.labels[key] === value);
}
