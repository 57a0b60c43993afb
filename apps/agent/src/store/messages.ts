import { create, isMessage, type Message } from '@bufbuild/protobuf';
import { SecretSchema, SecretVersionSchema, type SecretVersion } from '@ostler/contracts';

/**
 * Fields that this agent does not know, as far as they are used: what is at its default is not on the wire
 * (proto3), so an older agent refuses only a used new field. It has but their numbers, `field 18 of
 * ostler.site.v1.SiteSpec`; the control plane knows the names.
 */
export function unknownFieldsWithin(message: Message): string[] {
  const found = new Set<string>();
  for (const part of messagesWithin(message)) {
    for (const { no } of part.$unknown ?? []) found.add(`field ${no} of ${part.$typeName}`);
  }
  return [...found];
}

/** The secrets that a compiled spec references. */
export function secretsWithin(message: Message): SecretVersion[] {
  const found: SecretVersion[] = [];
  for (const part of messagesWithin(message)) {
    if (!isMessage(part, SecretSchema) || part.uid === '') continue;
    found.push(create(SecretVersionSchema, { uid: part.uid, version: part.version }));
  }
  return found;
}

/** A message and every message in its fields, lists, maps and oneofs. */
function* messagesWithin(value: unknown): Generator<Message> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (isMessage(value)) yield value;
  for (const [key, part] of Object.entries(value)) {
    if (key !== '$unknown') yield* messagesWithin(part);
  }
}
