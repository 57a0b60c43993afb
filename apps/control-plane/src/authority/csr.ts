import { createHash, createPublicKey } from 'node:crypto';
import { AppError } from '@ostler/kernel';
import { Pkcs10CertificateRequest, type PublicKey } from './x509';

/** What is believed of a CSR: the key that signed it. Its names and extensions are not read. */
export interface CertifiedKey {
  readonly publicKey: PublicKey;
  /** SHA-256 of the SubjectPublicKeyInfo. */
  readonly keySha256: Buffer;
}

/** @throws AppError INVALID when it is no CSR of an EC P-256 key that signed it. */
export async function readCsr(der: Uint8Array): Promise<CertifiedKey> {
  const request = parse(der);
  const spki = Buffer.from(request.publicKey.rawData);
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw AppError.invalid('csr', 'KEY_TYPE', 'the key must be EC P-256.');
  }
  if (!(await request.verify())) {
    throw AppError.invalid('csr', 'SIGNATURE', 'it was not signed by its own key.');
  }
  return { publicKey: request.publicKey, keySha256: createHash('sha256').update(spki).digest() };
}

function parse(der: Uint8Array): Pkcs10CertificateRequest {
  try {
    return new Pkcs10CertificateRequest(Buffer.from(der));
  } catch {
    throw AppError.invalid('csr', 'FORMAT', 'it is no PKCS #10 certificate request in DER.');
  }
}
