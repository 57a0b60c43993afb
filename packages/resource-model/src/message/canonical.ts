import { clone, type DescMessage, type Message, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { sha256 } from '@noble/hashes/sha2.js';

import { messagesIn } from './walk';

/**
 * The one binary form of a message: fields by number, map entries by key in UTF-16 order, no unknown
 * fields. Stored specs, manifest bodies and their hashes are made of it; docs/adr/0103 has golden bytes.
 */
export function canonicalBytes<Desc extends DescMessage>(
  desc: Desc,
  message: MessageShape<Desc>,
): Uint8Array {
  const copy = clone(desc, message);
  for (const { message: inner } of messagesIn(desc, copy)) sortMaps(inner.message, inner.desc);
  return toBinary(desc, copy, { writeUnknownFields: false });
}

/** SHA-256 of the canonical bytes. */
export function hashMessage<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>): Uint8Array {
  return sha256(canonicalBytes(desc, message));
}

function sortMaps(message: Message, desc: DescMessage): void {
  const record = message as unknown as Record<string, unknown>;
  for (const field of desc.fields) {
    if (field.fieldKind !== 'map') continue;
    const map = record[field.localName] as Record<string, unknown>;
    const keys = Object.keys(map).toSorted();
    record[field.localName] = Object.fromEntries(keys.map((key) => [key, map[key]]));
  }
}
