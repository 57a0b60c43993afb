import type { Contract, Enum, FieldJson, Message } from './contract.ts';
import { messagesOf, rulesOf } from './rules.ts';
import type { Schema } from './schema.ts';

export const refTo = (name: string): string => `#/components/schemas/${name}`;

const timestamp: Schema = { type: 'string', format: 'date-time' };

// JSON numbers lose digits beyond 2^53, so 64 bits travel as text; both are understood (ProtoJSON).
const scalars: Readonly<Record<string, Schema>> = {
  TYPE_STRING: { type: 'string' },
  TYPE_BOOL: { type: 'boolean' },
  TYPE_BYTES: { type: 'string', contentEncoding: 'base64' },
  TYPE_UINT32: { type: 'integer', minimum: 0, maximum: 4_294_967_295 },
  TYPE_INT32: { type: 'integer', format: 'int32' },
  TYPE_UINT64: { type: ['string', 'integer'], format: 'uint64', pattern: '^[0-9]+$', minimum: 0 },
  TYPE_INT64: { type: ['string', 'integer'], format: 'int64', pattern: '^-?[0-9]+$' },
};

/** The JSON form of a message (https://protobuf.dev/programming-guides/json/), rules of the contract and all. */
export function messageSchema(contract: Contract, message: Message, isOnlySent: boolean): Schema {
  const { json, comment, name, fieldComments } = message;
  const fields = json.field ?? [];
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const [index, field] of fields.entries()) {
    const { schema, isRequired } = fieldSchema(contract, field, fieldComments[index] ?? '', name);
    properties[field.jsonName] = schema;
    if (isRequired) required.push(field.jsonName);
  }
  const cel = (json.options?.['[buf.validate.message]'] as { cel?: unknown } | undefined)?.cel;
  const description = sentences(comment, ...(cel === undefined ? [] : messagesOf(cel)));
  const choices = choicesOf(message);
  return {
    type: 'object',
    ...(description !== '' && { description }),
    properties,
    ...(required.length > 0 && { required }),
    // A misspelt field of a request is refused; an answer may have more in a later version.
    ...(isOnlySent && { additionalProperties: false }),
    ...(choices.length > 0 && { allOf: choices }),
  };
}

/** Of the members of a oneof, at most one may be there; where the contract says so, exactly one. */
function choicesOf({ json }: Message): Schema[] {
  const fields = json.field ?? [];
  return (json.oneofDecl ?? []).flatMap(({ options }, index) => {
    const members = fields.filter((field) => field.oneofIndex === index && field.proto3Optional !== true);
    if (members.length === 0) return [];
    const each = members.map(({ jsonName }): Schema => ({ required: [jsonName] }));
    const rules = options?.['[buf.validate.oneof]'] as { required?: boolean } | undefined;
    return [{ oneOf: rules?.required === true ? each : [...each, { not: { anyOf: each } }] }];
  });
}

function fieldSchema(contract: Contract, field: FieldJson, comment: string, owner: string) {
  const options = field.options ?? {};
  const given = options['[buf.validate.field]'] as Readonly<Record<string, unknown>> | undefined;
  const rules = rulesOf(given, `${owner}.${field.name}`);
  // Rules of a field that knows whether it is there hold only where it is.
  const knowsPresence =
    field.oneofIndex !== undefined ||
    (field.type === 'TYPE_MESSAGE' && !isMany(field)) ||
    field.proto3Optional;
  const isRequired = knowsPresence ? given?.['required'] === true : rules.needsValue;
  const since = Number(options['[ostler.meta.v1.since]'] ?? 0);
  const description = sentences(
    comment,
    ...rules.words,
    since > 1 ? `Needs an agent of feature level ${since} or above.` : '',
  );
  const schema: Schema = {
    ...withRules(typeSchema(contract, field), rules.schema),
    ...(description !== '' && { description }),
    ...(options['[ostler.meta.v1.output_only]'] === true && { readOnly: true }),
    ...(options['[ostler.meta.v1.secret]'] === true && { writeOnly: true }),
  };
  return { schema, isRequired };
}

const isMany = ({ label }: FieldJson): boolean => label === 'LABEL_REPEATED';

function typeSchema(contract: Contract, field: FieldJson): Schema {
  const entry = contract.messages.get(nameOf(field));
  if (entry?.json.options?.['mapEntry'] === true) {
    const value = (entry.json.field ?? []).find(({ name }) => name === 'value')!;
    return { type: 'object', additionalProperties: typeSchema(contract, value) };
  }
  const one = singleSchema(field);
  return isMany(field) ? { type: 'array', items: one } : one;
}

function singleSchema(field: FieldJson): Schema {
  const scalar = scalars[field.type];
  if (scalar) return { ...scalar };
  const name = nameOf(field);
  if (name === 'google.protobuf.Timestamp') return { ...timestamp };
  if (name.startsWith('google.')) throw new Error(`${field.name}: ${name} has no schema here`);
  return { $ref: refTo(name) };
}

/** The type's own limits, narrowed by the rules; those of items and values go where those are. */
function withRules(type: Schema, { items, additionalProperties, ...own }: Schema): Schema {
  const schema: Schema = { ...type, ...own };
  if (items && type.items) schema.items = withRules(type.items, items);
  if (typeof additionalProperties === 'object' && typeof type.additionalProperties === 'object') {
    schema.additionalProperties = withRules(type.additionalProperties, additionalProperties);
  }
  // The unspecified value of an enum has a name in JSON, which its own schema does not list.
  if (type.$ref !== undefined) delete schema.not;
  return schema;
}

/** Names as JSON carries them, without the one that says nothing. */
export function enumSchema({ json, comment, valueComments }: Enum): Schema {
  const values = json.value.map(({ name }, index) => ({ name, said: valueComments[index] ?? '' }));
  const told = values.filter(({ name }) => !name.endsWith('_UNSPECIFIED'));
  const list = told.filter(({ said }) => said !== '').map(({ name, said }) => `- \`${name}\`: ${said}`);
  const description = [comment, list.join('\n')].filter((text) => text !== '').join('\n\n');
  return {
    type: 'string',
    ...(description !== '' && { description }),
    enum: told.map(({ name }) => name),
  };
}

/** The names of the messages and enums that a message needs. */
export function namesIn({ json }: Message): string[] {
  return (json.field ?? []).map(nameOf).filter((name) => name !== '' && !name.startsWith('google.'));
}

const nameOf = ({ typeName = '' }: Pick<FieldJson, 'typeName'>): string => typeName.replace(/^\./, '');

const sentences = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ');
