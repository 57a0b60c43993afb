import { createPrivateKey, X509Certificate } from 'node:crypto';
import { AppError, messageOf } from '@ostler/kernel';

/** A certificate chain that was parsed and serialised anew: nothing of the text it came in is kept. */
export interface Chain {
  readonly pem: string;
  /** SHA-256 of the leaf, lower-case hexadecimal. */
  readonly fingerprint: string;
  readonly domains: readonly string[];
  readonly issuer: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Reads a PEM chain, leaf first; throws AppError naming the field. */
export function readChain(pem: string, field: string): Chain {
  const certificates = (pem.match(BLOCK) ?? []).map((block) => parse(block, field));
  const leaf = certificates[0];
  if (!leaf) throw AppError.invalid(field, 'NO_CERTIFICATE', 'there is no PEM certificate in it');
  return {
    pem: certificates.map((certificate) => certificate.toString()).join(''),
    fingerprint: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    domains: dnsNames(leaf),
    issuer: leaf.issuer.replaceAll('\n', ', '),
    notBeforeMs: leaf.validFromDate.getTime(),
    notAfterMs: leaf.validToDate.getTime(),
  };
}

/** PEM of the key, serialised anew; throws AppError when it is not the key of the chain's leaf. */
export function matchingKey(chain: Chain, privateKeyPem: string, field: string): string {
  try {
    const key = createPrivateKey(privateKeyPem);
    if (new X509Certificate(chain.pem).checkPrivateKey(key)) {
      return key.export({ format: 'pem', type: 'pkcs8' }).toString();
    }
  } catch {
    // The library's message could quote the key.
    throw AppError.invalid(field, 'NOT_A_KEY', 'it is not an unencrypted private key in PEM');
  }
  throw AppError.invalid(field, 'KEY_MISMATCH', 'it is not the private key of the certificate');
}

/** True when the certificate serves the name, a wildcard counting for one label (RFC 9525 section 6.3). */
export function covers(chain: Pick<Chain, 'domains'>, domain: string): boolean {
  return chain.domains.some(
    (name) => name === domain || name === `*.${domain.slice(domain.indexOf('.') + 1)}`,
  );
}

function parse(block: string, field: string): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch (error) {
    throw AppError.invalid(
      field,
      'NOT_A_CERTIFICATE',
      `a certificate in it cannot be read (${messageOf(error)})`,
    );
  }
}

function dnsNames(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice('DNS:'.length).toLowerCase());
}
