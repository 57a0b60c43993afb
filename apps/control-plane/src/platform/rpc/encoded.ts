import { type DescMessage, type Message, toBinary } from '@bufbuild/protobuf';

const known = new WeakMap<Message, Uint8Array>();

/** The bytes of a message. One that is sent to many is encoded once, so nobody may change it afterwards. */
export function encoded(schema: DescMessage, message: Message): Uint8Array {
  const before = known.get(message);
  if (before) return before;
  const bytes = toBinary(schema, message);
  known.set(message, bytes);
  return bytes;
}
