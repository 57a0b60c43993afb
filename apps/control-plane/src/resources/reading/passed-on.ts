import type { DescMessage, UnknownField } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';

/**
 * A field of a message whose bytes are passed on as they are, for answers in binary: an unknown field is
 * written as it came, and whoever reads the answer knows this one. For fields that hold a message.
 */
export function passedOn({ fields, typeName }: DescMessage, localName: string) {
  const field = fields.find((one) => one.localName === localName);
  if (!field) throw new Error(`${typeName} has no field ${localName}`);
  return (lengthAndBytes: Uint8Array): UnknownField => ({
    no: field.number,
    wireType: WireType.LengthDelimited,
    data: lengthAndBytes,
  });
}

/** Behind their length, seven bits to a byte, the lowest first. */
export function withLength(bytes: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let left = bytes.length; ; left >>>= 7) {
    if (left < 0x80) return Buffer.concat([Uint8Array.of(...length, left), bytes]);
    length.push((left & 0x7f) | 0x80);
  }
}
