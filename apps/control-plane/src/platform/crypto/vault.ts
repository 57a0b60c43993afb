import {
  createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes,
} from 'node:crypto'; // prettier-ignore

import { Injectable } from '@nestjs/common';

const formatOne = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes;

/**
 * What the master key does. Stored format of a sealed value: `01 | nonce (12) | ciphertext | tag (16)`,
 * AES-256-GCM under a key derived from the master key by HKDF-SHA256. The associated data names the place
 * that the value belongs to, so that a value moved to another row does not open.
 */
@Injectable()
export class Vault {
  private readonly sealKey: KeyObject;
  private readonly hmacKey: KeyObject;

  constructor(masterKey: Uint8Array) {
    if (masterKey.byteLength !== 32) throw new Error('the master key has 32 bytes');
    this.sealKey = derive(masterKey, 'ostler seal 1');
    this.hmacKey = derive(masterKey, 'ostler hmac 1');
  }

  seal(plain: Uint8Array, place: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.sealKey, nonce).setAAD(Buffer.from(place));
    return Buffer.concat([
      Buffer.of(formatOne),
      nonce,
      cipher.update(plain),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  /** @throws when the value was changed, belongs to another place or was sealed under another master key. */
  open(sealed: Uint8Array, place: string): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    if (bytes[0] !== formatOne || bytes.length < headerBytes + tagBytes)
      throw new Error('not a sealed value');
    const decipher = createDecipheriv('aes-256-gcm', this.sealKey, bytes.subarray(1, headerBytes));
    decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(headerBytes, -tagBytes)), decipher.final()]);
  }

  /** Equality of values without keeping them; the purpose keeps equal values of different fields apart. */
  hmac(purpose: string, value: Uint8Array): Buffer {
    return createHmac('sha256', this.hmacKey).update(`${purpose}\0`).update(value).digest();
  }
}

/** As a key object: made of bytes at every use it would take five times as long. */
function derive(masterKey: Uint8Array, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), purpose, 32)));
}
