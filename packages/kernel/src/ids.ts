declare const brand: unique symbol;

/** A string that is known to be the identity of a T. */
export type Id<T extends string> = string & { readonly [brand]: T };

export type ResourceUid = Id<'Resource'>;
export type ServerUid = Id<'Server'>;
export type TenantUid = Id<'Tenant'>;
export type OperationUid = Id<'Operation'>;
export type SecretUid = Id<'Secret'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

let lastMillis = 0;
let sequence = 0;

/**
 * A UUIDv7 (RFC 9562 section 5.7) that sorts after every earlier one of this process: within one
 * millisecond the 12 bits after the version count up (method 1 of section 6.2).
 */
export function newUid<T extends string>(nowMillis: number = Date.now()): Id<T> {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  if (nowMillis > lastMillis) {
    lastMillis = nowMillis;
    sequence = ((bytes[6]! & 0x07) << 8) | bytes[7]!;
  } else if (++sequence > 0xfff) {
    lastMillis += 1;
    sequence = 0;
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(lastMillis / 0x10000));
  view.setUint16(4, lastMillis % 0x10000);
  view.setUint16(6, 0x7000 | sequence);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  ) as Id<T>;
}
