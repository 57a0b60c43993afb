import { type DescMessage, type MessageShape, toJson } from '@bufbuild/protobuf';
import { type Resource, ResourceSchema } from '@ostler/contracts';
import { toSpecFile } from '@ostler/resource-model';
import { Option } from 'commander';
import type { CommandContext } from '../command-context';
import { kindName } from './names';
import { resourceHeads, resourceRow } from './resource-rows';
import { stringify } from 'yaml';
import { table } from './table';

export type Format = 'table' | 'json' | 'yaml' | 'name';

/** `-o table|json|yaml|name`; a new one each time, as Commander keeps state in it. */
export function formatOption(choices: readonly Format[] = ['table', 'json', 'yaml', 'name']): Option {
  return new Option('-o, --output <format>', 'how to print').choices([...choices]).default('table');
}

export function printResources(
  context: CommandContext,
  resources: readonly Resource[],
  format: Format,
): void {
  if (format === 'json') return printJson(context, ResourceSchema, resources);
  if (format === 'yaml') return context.write(resources.map(toSpecFile).join('---\n'));
  if (format === 'name') {
    return resources.forEach(({ meta }) => context.print(`${kindName(meta?.kind ?? 0)}/${meta?.name}`));
  }
  context.print(
    table(
      resourceHeads,
      resources.map((resource) => resourceRow(resource, context.style)),
    ),
  );
}

/** A list of messages as asked for: for programs as they are in the contract, else as the table that is given. */
export function printMessages<T extends DescMessage>(
  context: CommandContext,
  format: Format,
  schema: T,
  messages: readonly MessageShape<T>[],
  asTable: () => void,
): void {
  if (format === 'json') return printJson(context, schema, messages);
  if (format !== 'yaml') return asTable();
  context.write(messages.map((message) => stringify(toJson(schema, message))).join('---\n'));
}

/** Messages as JSON, one array; field names as in the contract's JSON form. */
export function printJson<T extends DescMessage>(
  context: CommandContext,
  schema: T,
  messages: readonly MessageShape<T>[],
): void {
  context.print(
    JSON.stringify(
      messages.map((message) => toJson(schema, message)),
      undefined,
      2,
    ),
  );
}
