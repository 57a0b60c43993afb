import type { DescEnum, DescField } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { shortEnumName } from '@ostler/resource-model';

const scalars: Partial<Record<ScalarType, string>> = {
  [ScalarType.STRING]: 'text',
  [ScalarType.BOOL]: 'yes or no',
  [ScalarType.BYTES]: 'bytes',
};

/** The type of a field as people say it. */
export function typeText(field: DescField): string {
  if (field.fieldKind === 'map') return 'map of text to text';
  const one = elementText(field);
  return field.fieldKind === 'list' ? `list of ${one}` : one;
}

function elementText(field: DescField): string {
  if (field.message) return field.message.typeName === TIMESTAMP ? 'time (RFC 3339)' : field.message.name;
  if (field.enum) return `one of ${words(field.enum).join(', ')}`;
  const scalar = field.fieldKind === 'map' ? undefined : field.scalar;
  return (scalar !== undefined && scalars[scalar]) || 'number';
}

const TIMESTAMP = 'google.protobuf.Timestamp';

/** The values of an enum as spec files write them, with their full names. */
export function valuesOf(field: DescField): { readonly word: string; readonly name: string }[] {
  if (!field.enum) return [];
  const { enum: type } = field;
  return type.values
    .filter(({ number }) => number !== 0)
    .map(({ name, number }) => ({ word: shortEnumName(type, number), name: `${type.typeName}.${name}` }));
}

function words(type: DescEnum): string[] {
  return type.values.filter(({ number }) => number !== 0).map(({ number }) => shortEnumName(type, number));
}
