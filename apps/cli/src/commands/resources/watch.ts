import { toJson } from '@bufbuild/protobuf';
import {
  type Resource,
  ResourceSchema,
  type WatchResponse,
  WatchResponse_Type as Type,
} from '@ostler/contracts';
import type { Command } from 'commander';
import { watchResources } from '../../client/watch-resources';
import type { CommandContext } from '../../command-context';
import { LiveRows } from '../../output/live-rows';
import { kindName, kindOf } from '../../output/names';
import { type Format, formatOption } from '../../output/render';
import { safe } from '../../output/style';
import { resourceHeads, resourceRow } from '../../output/resource-rows';

export function watchCommand(program: Command, context: CommandContext): void {
  program
    .command('watch <kind> [name]')
    .description('The same as get --watch.')
    .addOption(formatOption())
    .action((kind: string, name: string | undefined, { output }: { output: Format }) =>
      watch(context, { kind: kindOf(kind), name: name ?? '' }, output),
    );
}

/** Says what of the resources is to be shown. */
export type Filter = (resource: Resource) => boolean;

/** Prints resources as they are, then each change, until interrupted; one object a line for programs. */
export async function watch(
  context: CommandContext,
  watched: { readonly kind: number; readonly name: string },
  format: Format,
  filter: Filter = () => true,
): Promise<void> {
  const tell = format === 'table' ? rowTeller(context) : await objectTeller(context, format);
  const onInterrupted = (message: string): void => void process.stderr.write(`${message} Trying again.\n`);
  for await (const event of watchResources(context.ostler(), watched, { onInterrupted })) {
    if (!event.resource || filter(event.resource)) tell(event);
  }
}

type Tell = (event: WatchResponse) => void;

const AGE = resourceHeads.indexOf('AGE');

function rowTeller(context: CommandContext): Tell {
  const rows = new LiveRows(context, resourceHeads, (row) => row.toSpliced(AGE, 1));
  return ({ type, resource }) => {
    if (type === Type.BOOKMARK) return rows.begin();
    const key = resource?.meta?.uid ?? '';
    if (!resource) return;
    const row = resourceRow(resource, context.style);
    if (type === Type.REMOVED) rows.remove(key, row.with(2, context.style.dim('removed')));
    else rows.set(key, row);
  };
}

/** JSON with one event a line, YAML documents, or names. */
async function objectTeller(context: CommandContext, format: Format): Promise<Tell> {
  const yaml = format === 'yaml' ? await import('../../output/yaml') : undefined;
  return ({ type, resource }) => {
    if (!resource) return;
    const name = `${kindName(resource.meta?.kind ?? 0)}/${safe(resource.meta?.name ?? '')}`;
    if (yaml) context.write(`---\n${yaml.toSpecFile(resource)}`);
    else if (format === 'name') context.print(name);
    else context.print(JSON.stringify({ type: Type[type], resource: toJson(ResourceSchema, resource) }));
  };
}
