import { type DescField, type DescMessage, fromJson, type JsonValue, ScalarType } from '@bufbuild/protobuf';
import type { Violation } from '@ostler/kernel';
import { nearest } from '@ostler/resource-model';

const mostProblems = 20;

/**
 * Why a JSON text is no message of the schema: each field that does not fit, as it is written, with what it
 * must be. No value is repeated, because it may be a password and the words go into the audit. Empty when
 * nothing is found. Never throws.
 */
export function problemsInJson(schema: DescMessage, text: string): Violation[] {
  let json: JsonValue;
  try {
    json = JSON.parse(text) as JsonValue;
  } catch (error) {
    return [problem('', 'NOT_JSON', `is not JSON${placeOf(error)}`)];
  }
  return [...inMessage(schema, json, '')].slice(0, mostProblems);
}

/** The parser quotes what it read; only the place is told on. */
function placeOf(error: unknown): string {
  const place = /line \d+ column \d+|position \d+/.exec(error instanceof Error ? error.message : '')?.[0];
  return place ? `: see ${place}` : ': it ends too early or is empty';
}

function* inMessage(desc: DescMessage, json: JsonValue, path: string): Generator<Violation> {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) {
    return yield problem(path, 'NOT_AN_OBJECT', 'must be an object of fields and values');
  }
  const members = new Map<string, string>();
  for (const [key, value] of Object.entries(json)) {
    const field = desc.fields.find(({ jsonName, name }) => jsonName === key || name === key);
    const at = path + (path === '' ? '' : '.') + (field?.jsonName ?? shortened(key));
    if (!field) {
      yield problem(at, 'UNKNOWN_FIELD', unknownField(key, desc));
      continue;
    }
    const other = field.oneof && members.get(field.oneof.name);
    if (other) yield problem(at, 'NOT_COMBINABLE', `cannot stand beside ${other}; keep one of them`);
    if (field.oneof && value !== null) members.set(field.oneof.name, field.jsonName);
    yield* inField(desc, field, key, value, at);
  }
}

function* inField(
  desc: DescMessage,
  field: DescField,
  key: string,
  value: JsonValue,
  at: string,
): Generator<Violation> {
  if (fits(desc, key, value)) return;
  if (field.fieldKind === 'list') {
    if (!Array.isArray(value)) return yield problem(at, 'NOT_A_LIST', 'must be a list');
    for (const [index, item] of value.entries()) {
      if (!fits(desc, key, [item])) yield* inSingle(field, item, `${at}[${index}]`);
    }
  } else if (field.fieldKind === 'map') {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      return yield problem(at, 'NOT_AN_OBJECT', 'must be an object of names and values');
    }
    for (const [name, item] of Object.entries(value)) {
      if (!fits(desc, key, { [name]: item })) {
        yield* inSingle(field, item, `${at}[${JSON.stringify(shortened(name))}]`);
      }
    }
  } else yield* inSingle(field, value, at);
}

function* inSingle(field: DescField, value: JsonValue, at: string): Generator<Violation> {
  if (!field.message) return yield problem(at, 'WRONG_TYPE', expected(field));
  if (field.message.typeName.startsWith('google.protobuf.')) {
    const name = field.message.name.toLowerCase();
    return yield problem(at, 'WRONG_TYPE', `must be a ${name} in the JSON form of protobuf`);
  }
  const before = [...inMessage(field.message, value, at)];
  yield* before.length > 0 ? before : [problem(at, 'WRONG_TYPE', `is no ${field.message.name}`)];
}

/** Whether the decoder takes it. It alone knows all forms of numbers, enums, bytes and timestamps. */
function fits(desc: DescMessage, key: string, value: JsonValue): boolean {
  try {
    fromJson(desc, { [key]: value }, { ignoreUnknownFields: false });
    return true;
  } catch {
    return false;
  }
}

function expected(field: DescField): string {
  if (field.enum) {
    const names = field.enum.values.map(({ name }) => name);
    return `must be one of ${names.join(', ')}`;
  }
  return words.get(field.scalar ?? ScalarType.STRING) ?? 'must be a whole number';
}

const words: ReadonlyMap<ScalarType, string> = new Map([
  [ScalarType.STRING, 'must be a text of whole characters, in quotes'],
  [ScalarType.BOOL, 'must be true or false'],
  [ScalarType.BYTES, 'must be bytes in base64, in quotes'],
  [ScalarType.UINT32, 'must be a whole number from 0 to 4294967295'],
  [ScalarType.UINT64, 'must be a whole number from 0 to 18446744073709551615'],
  [ScalarType.DOUBLE, 'must be a number'],
  [ScalarType.FLOAT, 'must be a number'],
]);

function unknownField(name: string, desc: DescMessage): string {
  const names = desc.fields.map(({ jsonName }) => jsonName);
  const meant = nearest(name, names);
  return meant ? `is not a field; did you mean ${meant}?` : `is not a field; there are ${names.join(', ')}`;
}

const shortened = (name: string): string => (name.length > 64 ? `${name.slice(0, 64)}…` : name);

const problem = (field: string, reason: string, message: string): Violation => ({ field, reason, message });
