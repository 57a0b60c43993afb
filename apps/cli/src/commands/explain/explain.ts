import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ResourceMetaSchema, ResourceStatusSchema } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { kindModels, nearest } from '@ostler/resource-model';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { table } from '../../output/table';
import explanations from './explanations.json' with { type: 'json' };
import { typeText, valuesOf } from './types';

export function explainCommand(program: Command, context: CommandContext): void {
  program
    .command('explain [path]')
    .description(
      'Explain a field from the contract, like Site.spec.tls: what it is for, its rules, what is in it.',
    )
    .option('-r, --recursive', 'every field below it, as a tree')
    .action((path: string | undefined, { recursive }: { recursive?: boolean }) => {
      if (path === undefined) return listKinds(context);
      const found = find(path);
      if (recursive) return printTree(context, found);
      explain(context, found);
    });
}

/** What a path leads to: a field, or a whole message when it is the resource itself. */
interface Found {
  readonly path: string;
  readonly message: DescMessage | undefined;
  readonly field: DescField | undefined;
}

const said = (name: string): string => (explanations as Record<string, string>)[name] ?? '';

/** The fields of a spec file beside `kind`; `status` is what Ostler adds to it. */
const HEAD = ResourceMetaSchema.fields.filter(({ name }) =>
  ['name', 'display_name', 'tenant', 'labels', 'generation'].includes(name),
);

/** Every path down to the fields of a spec, for completion. */
export function knownPaths(): string[] {
  return kindModels.flatMap(({ title, schema }) => [
    title,
    `${title}.spec`,
    ...schema.fields.flatMap((field) => {
      const path = `${title}.spec.${field.jsonName}`;
      return [path, ...(field.message?.fields ?? []).map(({ jsonName }) => `${path}.${jsonName}`)];
    }),
  ]);
}

function listKinds(context: CommandContext): void {
  const rows = kindModels.map(({ title, schema }) => [title, firstSentence(said(schema.typeName))]);
  context.print(table(['KIND', ''], rows));
  context.print('');
  context.print(`Go on with: ostler explain ${kindModels[0].title}.spec`);
}

/** @throws AppError INVALID with the nearest name. */
function find(path: string): Found {
  const [kind = '', ...names] = path.split('.').map((part) => part.replace(/\[.*\]$/, ''));
  const model = kindModels.find(({ title }) => title.toLowerCase() === kind.toLowerCase().replace(/s$/, ''));
  if (!model)
    throw unknown(
      'kind',
      kind,
      kindModels.map(({ title }) => title),
    );
  const [part, ...rest] = names;
  if (part === undefined) return { path: model.title, message: undefined, field: undefined };
  if (part === 'spec') return walk(model.schema, `${model.title}.spec`, rest);
  if (part === 'status') return walk(ResourceStatusSchema, `${model.title}.status`, rest);
  return walk(ResourceMetaSchema, model.title, names);
}

function walk(message: DescMessage, path: string, names: readonly string[]): Found {
  const [name, ...rest] = names;
  if (name === undefined) return { path, message, field: undefined };
  const field = message.fields.find((one) => one.jsonName === name || one.name === name);
  if (!field)
    throw unknown(
      path,
      name,
      message.fields.map(({ jsonName }) => jsonName),
    );
  const below = `${path}.${field.jsonName}`;
  if (rest.length === 0) return { path: below, message: field.message, field };
  if (!field.message) throw AppError.invalid(below, 'NO_FIELDS', `is ${typeText(field)} and has no fields`);
  return walk(field.message, below, rest);
}

function unknown(where: string, name: string, names: readonly string[]): AppError {
  const meant = nearest(name, names);
  const hint = meant ? `did you mean ${meant}?` : `there are: ${names.join(', ')}`;
  return AppError.invalid(where, 'UNKNOWN_FIELD', `there is no "${name}"; ${hint}`);
}

function explain(context: CommandContext, { path, message, field }: Found): void {
  const { style } = context;
  context.print(`${style.strong(path)}${field ? `  ${style.dim(typeText(field))}` : ''}`);
  const text =
    (field && said(`${field.parent.typeName}.${field.name}`)) || (message && said(message.typeName));
  if (text) context.print(text);
  printValues(context, field);
  const fields = message?.fields ?? (field ? [] : HEAD);
  if (fields.length === 0) return;
  context.print('');
  const rows = fields.map((one) => [
    `  ${one.jsonName}`,
    typeText(one),
    firstSentence(said(`${one.parent.typeName}.${one.name}`)),
  ]);
  if (!message) rows.push(['  spec', 'what is wished', ''], ['  status', 'what is', '']);
  context.print(table(['  FIELD', 'TYPE', ''], rows));
  for (const { name, fields: choices } of message?.oneofs ?? []) {
    const names = choices.map(({ jsonName }) => jsonName).join(', ');
    context.print(style.dim(`  ${name}: one of ${names}`));
  }
}

function printValues(context: CommandContext, field: DescField | undefined): void {
  const values = field ? valuesOf(field) : [];
  if (values.length === 0) return;
  context.print('');
  context.print(
    table(
      ['  VALUE', ''],
      values.map(({ word, name }) => [`  ${word}`, said(name)]),
    ),
  );
}

/** Recursion ends where a message holds itself. */
function printTree(context: CommandContext, { path, message, field }: Found): void {
  const fields = message?.fields ?? (field ? [] : HEAD);
  context.print(`${context.style.strong(path)}${field ? `  ${context.style.dim(typeText(field))}` : ''}`);
  const print = (list: readonly DescField[], depth: number, seen: readonly string[]): void => {
    for (const one of list) {
      context.print(`${'  '.repeat(depth)}${one.jsonName}  ${context.style.dim(typeText(one))}`);
      const inner = one.message;
      if (inner && inner.typeName.startsWith('ostler.') && !seen.includes(inner.typeName))
        print(inner.fields, depth + 1, [...seen, inner.typeName]);
    }
  };
  print(fields, 1, message ? [message.typeName] : []);
}

function firstSentence(text: string): string {
  return /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text;
}
