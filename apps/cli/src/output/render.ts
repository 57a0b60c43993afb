import { type DescMessage, type MessageShape, toJson } from '@bufbuild/protobuf';
import { type Resource, ResourceSchema } from '@ostler/contracts';
import { Option } from 'commander';
import type { CommandContext } from '../command-context';
import { kindName } from './names';
import { resourceHeads, resourceRow } from './resource-rows';
import { safe } from './style';
import { table } from './table';

export type Format = 'table' | 'json' | 'yaml' | 'name';

/** `-o table|json|yaml|name`; a new one each time, as Commander keeps state in it. */
export function formatOption(choices: readonly Format[] = ['table', 'json', 'yaml', 'name']): Option {
  return new Option('-o, --output <format>', 'how to print').choices([...choices]).default('table');
}

export async function printResources(
  context: CommandContext,
  resources: readonly Resource[],
  format: Format,
): Promise<void> {
  if (format === 'json') return printJson(context, ResourceSchema, resources);
  if (format === 'yaml') {
    const { toSpecFile } = await import('./yaml');
    return context.write(asSeen(context, resources.map(toSpecFile).join('---\n')));
  }
  if (format === 'name') {
    return resources.forEach(({ meta }) =>
      context.print(`${kindName(meta?.kind ?? 0)}/${safe(meta?.name ?? '')}`),
    );
  }
  const rows = resources.map((resource) => resourceRow(resource, context.style));
  context.print(table(resourceHeads, rows));
}

/** A list of messages as asked for: for programs as they are in the contract, else as the table that is given. */
export async function printMessages<T extends DescMessage>(
  context: CommandContext,
  format: Format,
  schema: T,
  messages: readonly MessageShape<T>[],
  asTable: () => void,
): Promise<void> {
  if (format === 'json') return printJson(context, schema, messages);
  if (format !== 'yaml') return asTable();
  const { stringify } = await import('./yaml');
  const documents = messages.map((message) => stringify(toJson(schema, message)));
  context.write(asSeen(context, documents.join('---\n')));
}

/** For programs exactly as it is; on a terminal nothing of it may move the cursor. */
function asSeen({ environment }: CommandContext, text: string): string {
  return environment.columns === undefined ? text : safe(text, { block: true });
}

/** Messages as JSON, one array; field names as in the contract's JSON form. */
export function printJson<T extends DescMessage>(
  context: CommandContext,
  schema: T,
  messages: readonly MessageShape<T>[],
): void {
  const list = messages.map((message) => toJson(schema, message));
  context.print(asSeen(context, JSON.stringify(list, undefined, 2)));
}

/** What is no message of the contract, for programs. */
export async function printData(
  context: CommandContext,
  format: 'json' | 'yaml',
  values: readonly object[],
): Promise<void> {
  if (format === 'json') return context.print(JSON.stringify(values, undefined, 2));
  const { stringify } = await import('./yaml');
  context.write(values.map((value) => stringify(value)).join('---\n'));
}
