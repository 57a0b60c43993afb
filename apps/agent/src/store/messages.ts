import { create, isMessage, type Message } from '@bufbuild/protobuf';
import { SecretSchema, SecretVersionSchema, type SecretVersion } from '@ostler/contracts';

/**
 * Names of the messages in which there are fields that this agent does not know, as far as they are used:
 * what is at its default is not on the wire (proto3), so an older agent refuses only a used new field.
 */
export function messagesWithUnknownFields(message: Message): string[] {
  const found = new Set<string>();
  for (const part of messagesWithin(message)) {
    if ((part.$unknown?.length ?? 0) > 0) found.add(part.$typeName);
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
