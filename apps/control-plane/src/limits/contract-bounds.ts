import { type DescMessage, getOption } from '@bufbuild/protobuf';
import { fieldRules } from '@ostler/contracts';

/** How many items a repeated field of the contract may have, as its rule says. */
export function mostItems(message: DescMessage, name: string): bigint {
  const { type } = rulesOf(message, name);
  return type.case === 'repeated' ? bound(type.value.maxItems, message, name) : noBound(message, name);
}

/** The greatest value of a uint32 field of the contract, as its rule says. */
export function mostValue(message: DescMessage, name: string): bigint {
  const { type } = rulesOf(message, name);
  if (type.case !== 'uint32' || type.value.lessThan.case !== 'lte') return noBound(message, name);
  return BigInt(type.value.lessThan.value);
}

/** How many characters a text of the contract must have at least, as its rule says. */
export function leastCharacters(message: DescMessage, name: string): bigint {
  const { type } = rulesOf(message, name);
  return type.case === 'string' ? bound(type.value.minLen, message, name) : noBound(message, name);
}

function rulesOf(message: DescMessage, name: string) {
  const field = message.fields.find((one) => one.name === name);
  return field ? getOption(field, fieldRules) : noBound(message, name);
}

function bound(value: bigint, message: DescMessage, name: string): bigint {
  return value > 0n ? value : noBound(message, name);
}

function noBound(message: DescMessage, name: string): never {
  throw new Error(`The contract has no bound for ${message.typeName}.${name}.`);
}
