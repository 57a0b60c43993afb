import type { Schema } from './schema.ts';

type Given = Readonly<Record<string, unknown>>;

/** What the rules of a value (buf.validate) come to. */
export interface Rules {
  readonly schema: Schema;
  /** What a schema cannot say, in words. */
  readonly words: readonly string[];
  /** An absent or empty value breaks them, so a caller must send one. */
  readonly needsValue: boolean;
}

const none: Rules = { schema: {}, words: [], needsValue: false };

/**
 * The rules of one field or item as constraints of a schema.
 *
 * @throws for a rule that is not known here, so that none is lost without a word.
 */
export function rulesOf(given: Given | undefined, where: string): Rules {
  let rules = none;
  for (const [name, value] of Object.entries(given ?? {})) {
    rules = merged(rules, group(name, value, `${where} ${name}`));
  }
  // "Ignore when empty" asks nothing of who leaves it out.
  return given?.['ignore'] === 'IGNORE_IF_ZERO_VALUE' ? { ...rules, needsValue: false } : rules;
}

function group(name: string, value: unknown, where: string): Rules {
  switch (name) {
    case 'ignore':
      return none;
    case 'required':
      return { ...none, needsValue: value === true };
    case 'cel':
      return { ...none, words: messagesOf(value) };
    case 'repeated':
      return each(value as Given, where, repeated);
    case 'map':
      return each(value as Given, where, map);
    case 'string':
    case 'bytes':
    case 'enum':
    case 'uint32':
    case 'uint64':
    case 'int32':
    case 'int64':
      return each(value as Given, where, scalar);
    default:
      throw new Error(`${where}: this rule is not known`);
  }
}

type Reader = (name: string, value: unknown, where: string) => Rules;

function each(given: Given, where: string, read: Reader): Rules {
  return Object.entries(given).reduce(
    (rules, [name, value]) => merged(rules, read(name, value, `${where}.${name}`)),
    none,
  );
}

const repeated: Reader = (name, value, where) => {
  switch (name) {
    case 'minItems':
      return { ...none, schema: { minItems: Number(value) }, needsValue: Number(value) > 0 };
    case 'maxItems':
      return { ...none, schema: { maxItems: Number(value) } };
    case 'unique':
      return { ...none, schema: { uniqueItems: value === true } };
    case 'items': {
      const { schema, words } = rulesOf(value as Given, where);
      return { ...none, schema: { items: schema }, words };
    }
    default:
      throw new Error(`${where}: this rule is not known`);
  }
};

const map: Reader = (name, value, where) => {
  switch (name) {
    case 'minPairs':
      return { ...none, schema: { minProperties: Number(value) }, needsValue: Number(value) > 0 };
    case 'maxPairs':
      return { ...none, schema: { maxProperties: Number(value) } };
    case 'keys':
      return { ...none, schema: { propertyNames: rulesOf(value as Given, where).schema } };
    case 'values':
      return { ...none, schema: { additionalProperties: rulesOf(value as Given, where).schema } };
    default:
      throw new Error(`${where}: this rule is not known`);
  }
};

// A value that is empty or zero is the same as none, where nothing says that it is there.
const scalar: Reader = (name, value, where) => {
  switch (name) {
    case 'minLen':
      return { ...none, schema: { minLength: Number(value) }, needsValue: Number(value) > 0 };
    case 'maxLen':
      return { ...none, schema: { maxLength: Number(value) } };
    case 'maxBytes':
      return { ...none, words: [`At most ${String(value)} bytes.`] };
    case 'len':
      return { ...none, words: [`Exactly ${String(value)} bytes.`], needsValue: true };
    case 'pattern': {
      const pattern = ofJavaScript(String(value));
      return { ...none, schema: { pattern }, needsValue: !new RegExp(pattern, 'u').test('') };
    }
    case 'prefix':
      return { ...none, schema: { pattern: `^${escaped(String(value))}` }, needsValue: true };
    case 'uuid':
      return { ...none, schema: { format: 'uuid' }, needsValue: true };
    case 'email':
      return { ...none, schema: { format: 'email' }, needsValue: true };
    case 'gte':
      return { ...none, schema: { minimum: Number(value) }, needsValue: Number(value) > 0 };
    case 'lte':
      return { ...none, schema: { maximum: Number(value) } };
    case 'in':
      return { ...none, schema: { enum: value as number[] }, needsValue: !(value as number[]).includes(0) };
    // Other names do not decode anyway.
    case 'definedOnly':
      return none;
    case 'notIn': {
      if (String(value) !== '0') throw new Error(`${where}: only the unspecified value can be refused here`);
      return { ...none, schema: { not: { const: 0 } }, needsValue: true };
    }
    default:
      throw new Error(`${where}: this rule is not known`);
  }
};

function merged(one: Rules, other: Rules): Rules {
  return {
    schema: { ...one.schema, ...other.schema },
    words: [...one.words, ...other.words],
    needsValue: one.needsValue || other.needsValue,
  };
}

/** What the expressions of CEL ask, in the words of the contract. */
export function messagesOf(cel: unknown): string[] {
  const rules = (Array.isArray(cel) ? cel : [cel]) as { readonly message?: string }[];
  return rules.map(({ message = '' }) => `${message.slice(0, 1).toUpperCase()}${message.slice(1)}.`);
}

/** RE2 writes a code point as `\x{200e}`; ECMA-262, by which JSON Schema goes, as `\u{200e}`. */
const ofJavaScript = (pattern: string): string =>
  pattern.replaceAll(/\\x\{([0-9a-f]+)\}/gi, (_all, digits: string) => `\\u${digits.padStart(4, '0')}`);

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
