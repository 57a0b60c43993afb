import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect';
import { type Resource, type Secret, SecretSchema } from '@ostler/contracts';
import { stringify } from 'yaml';

import { kindTitle, modelOfCase } from '../kinds';
import { shortEnumName } from './enum-names';

/** The one form of a resource as a spec file: what is at its default is left out, secrets are `{}` (keep). */
export function toSpecFile(resource: Resource): string {
  const { meta, spec } = resource;
  return toYaml({
    kind: meta && kindTitle(meta.kind),
    name: meta?.name,
    displayName: meta?.displayName || undefined,
    tenant: meta?.tenant || undefined,
    labels:
      meta && Object.keys(meta.labels).length > 0 ? sortedByKey(Object.entries(meta.labels)) : undefined,
    spec: specValue(spec),
  });
}

/** The spec alone, for showing two side by side. */
export function specToYaml(spec: Resource['spec']): string {
  return toYaml(specValue(spec) ?? {});
}

function toYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

function specValue(spec: Resource['spec']): unknown {
  const model = modelOfCase(spec.case ?? '');
  return model && spec.value ? messageValue(model.schema, spec.value) : undefined;
}

function messageValue(desc: DescMessage, message: Message): unknown {
  if (desc.typeName === SecretSchema.typeName) return secretValue(message as Secret);
  return reflectValue(reflect(desc, message));
}

function reflectValue(message: ReflectMessage): Record<string, unknown> {
  const fields = message.fields.filter((field) => message.isSet(field));
  return Object.fromEntries(fields.map((field) => [field.jsonName, fieldValue(message, field)]));
}

function fieldValue(message: ReflectMessage, field: DescField): unknown {
  if (field.fieldKind === 'message') return messageValue(field.message, message.get(field).message);
  if (field.fieldKind === 'list') {
    return [...message.get(field)].map((item) =>
      field.listKind === 'message'
        ? messageValue(field.message, (item as ReflectMessage).message)
        : plain(field, item),
    );
  }
  if (field.fieldKind === 'map') {
    return sortedByKey([...message.get(field)].map(([key, value]) => [String(key), plain(field, value)]));
  }
  return plain(field, message.get(field));
}

function plain(field: DescField, value: unknown): unknown {
  return field.enum ? shortEnumName(field.enum, value as number) : value;
}

/** Never the value: what is stored is not known here, and a file is no place for it. */
function secretValue(secret: Secret): Record<string, unknown> {
  return secret.clear ? { clear: true } : {};
}

function sortedByKey(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
