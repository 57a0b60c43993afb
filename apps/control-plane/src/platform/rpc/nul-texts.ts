import type { DescMessage, Message } from '@bufbuild/protobuf';
import type { Violation } from '@ostler/kernel';
import { messagesIn, textsIn } from '@ostler/resource-model';

/**
 * Texts with a NUL. PostgreSQL stores none and no field needs one, so it is refused here, at its field, for
 * every request alike, and not where it first meets the database.
 */
export function nulTexts(schema: DescMessage, message: Message): Violation[] {
  const paths = [...textsIn(schema, message)]
    .filter(({ value }) => value.includes('\0'))
    .map(({ path }) => path);
  for (const visited of messagesIn(schema, message)) {
    for (const field of visited.message.fields) {
      if (field.fieldKind !== 'map' || !visited.message.isSet(field)) continue;
      const isNul = [...visited.message.get(field).keys()].some((key) => String(key).includes('\0'));
      if (isNul) paths.push(visited.path === '' ? field.jsonName : `${visited.path}.${field.jsonName}`);
    }
  }
  return paths.map((path) => ({ field: path, reason: 'BAD_CHARACTER', message: 'may not contain NUL' }));
}
