import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/**
 * A PKCS #10 request (RFC 2986) that names nobody: the control plane believes only its key. Written by
 * hand because a whole X.509 library costs an agent more memory than everything else of its link.
 */
export function makeCsr(privateKey: KeyObject): Buffer {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const version = Buffer.from([0x02, 0x01, 0x00]);
  const noName = der(SEQUENCE);
  const noAttributes = der(CONTEXT_0);
  const info = der(SEQUENCE, version, noName, spki, noAttributes);
  const signature = sign('sha256', info, privateKey);
  return der(SEQUENCE, info, der(SEQUENCE, ECDSA_WITH_SHA256), der(BIT_STRING, Buffer.of(0), signature));
}

/** A key of this server, which it never leaves. */
export function newKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

const SEQUENCE = 0x30;
const BIT_STRING = 0x03;
const CONTEXT_0 = 0xa0;
/** The encoded object identifier 1.2.840.10045.4.3.2 (RFC 5758). */
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex');

/** Tag, length, content (X.690 section 8.1). */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...header]), content]);
}
