import { create, type DescField, type DescMessage, type Message } from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { type FieldChange, FieldChangeSchema, type Secret, SecretSchema } from '@ostler/contracts';

import { joinPath } from '../problems';
import { shortEnumName } from '../spec-file/enum-names';
import { identityOf } from './list-identity';

type Side = ReflectMessage | undefined;

/** What differs between two messages of one type, by path in JSON names; secrets are masked. */
export function diffMessages(desc: DescMessage, before?: Message, after?: Message): FieldChange[] {
  const changes: FieldChange[] = [];
  compare(before && reflect(desc, before), after && reflect(desc, after), '', changes);
  return changes;
}

function compare(before: Side, after: Side, path: string, changes: FieldChange[]): void {
  const desc = (before ?? after)?.desc;
  if (!desc) return;
  if (desc.typeName === SecretSchema.typeName) return compareSecrets(before, after, path, changes);
  for (const field of desc.fields)
    compareField(field, before, after, joinPath(path, field.jsonName), changes);
}

function compareField(
  field: DescField,
  before: Side,
  after: Side,
  path: string,
  changes: FieldChange[],
): void {
  const had = before?.isSet(field) ? before : undefined;
  const has = after?.isSet(field) ? after : undefined;
  if (field.fieldKind === 'message') {
    compareMessages(had?.get(field), has?.get(field), path, changes);
  } else if (field.fieldKind === 'list') {
    compareItems(listItems(field, had), listItems(field, has), path, changes);
  } else if (field.fieldKind === 'map') {
    compareItems(mapItems(field, had), mapItems(field, has), path, changes);
  } else {
    record(path, had && valueText(field, had.get(field)), has && valueText(field, has.get(field)), changes);
  }
}

/** An empty message that comes or goes is a change of its own; else its fields tell. */
function compareMessages(before: Side, after: Side, path: string, changes: FieldChange[]): void {
  const count = changes.length;
  compare(before, after, path, changes);
  if (changes.length === count && (before === undefined) !== (after === undefined)) {
    record(path, before && '{}', after && '{}', changes);
  }
}

type Items = ReadonlyMap<string, string | ReflectMessage>;

function compareItems(before: Items, after: Items, path: string, changes: FieldChange[]): void {
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(key), after.get(key)];
    if (typeof old === 'object' || typeof now === 'object') {
      compareMessages(old as Side, now as Side, `${path}[${key}]`, changes);
    } else record(`${path}[${key}]`, old, now, changes);
  }
}

function listItems(field: DescField & { fieldKind: 'list' }, message: Side): Items {
  const items = new Map<string, string | ReflectMessage>();
  for (const [index, item] of [...(message?.get(field) ?? [])].entries()) {
    if (field.listKind === 'message') {
      const inner = item as ReflectMessage;
      const key = identityOf(inner.desc, inner.message) ?? String(index);
      items.set(items.has(key) ? `${key} (${index})` : key, inner);
    } else items.set(String(index), valueText(field, item));
  }
  return items;
}

function mapItems(field: DescField & { fieldKind: 'map' }, message: Side): Items {
  return new Map(
    [...(message?.get(field) ?? [])].map(([key, value]) => [String(key), valueText(field, value)]),
  );
}

function compareSecrets(before: Side, after: Side, path: string, changes: FieldChange[]): void {
  record(
    path,
    before && secretText(before.message as Secret),
    after && secretText(after.message as Secret),
    changes,
  );
}

/** Names the version and never the value. */
function secretText(secret: Secret): string {
  return JSON.stringify(secret.version > 0 ? `(secret, version ${secret.version})` : '(secret, new value)');
}

function valueText(field: DescField, value: unknown): string {
  if (field.enum && typeof value === 'number') return JSON.stringify(shortEnumName(field.enum, value));
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return JSON.stringify(`(${value.length} bytes)`);
  return JSON.stringify(value);
}

function record(
  path: string,
  before: string | undefined,
  after: string | undefined,
  changes: FieldChange[],
): void {
  if (before === after) return;
  changes.push(create(FieldChangeSchema, { path, before: before ?? '', after: after ?? '' }));
}
