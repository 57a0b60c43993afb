// The library's container wants the polyfill before it is loaded.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** A chain that was read and put in order, or why it is refused. */
export type ReadChain =
  | { readonly certificates: readonly x509.X509Certificate[]; readonly problem?: undefined }
  | {
      readonly certificates?: undefined;
      readonly problem: { readonly reason: string; readonly message: string };
    };

const MOST_CERTIFICATES = 10;

/** Parses PEM certificates and orders them leaf first, each followed by its issuer; a root is dropped. */
export async function readChain(pem: string): Promise<ReadChain> {
  let given: x509.X509Certificate[];
  try {
    given = x509.PemConverter.decode(pem).map((der) => new x509.X509Certificate(der));
  } catch {
    return refuse('NOT_A_CERTIFICATE', 'cannot be parsed as X.509 certificates');
  }
  if (given.length === 0 || given.length > MOST_CERTIFICATES) {
    return refuse('NOT_A_CERTIFICATE', `must hold 1 to ${MOST_CERTIFICATES} certificates`);
  }
  const leaf = given.find(
    (candidate) => !given.some((other) => other !== candidate && other.issuer === candidate.subject),
  );
  if (!leaf) return refuse('BAD_CHAIN', 'has no leaf: every certificate is the issuer of another');
  return orderFrom(leaf, given);
}

async function orderFrom(
  leaf: x509.X509Certificate,
  given: readonly x509.X509Certificate[],
): Promise<ReadChain> {
  const ordered = [leaf];
  const rest = new Set(given.filter((candidate) => candidate !== leaf));
  for (let last = leaf; last.subject !== last.issuer;) {
    const issuer = await issuerOf(last, rest);
    if (!issuer) break;
    rest.delete(issuer);
    ordered.push(issuer);
    last = issuer;
  }
  if (rest.size > 0) {
    const stray = [...rest][0]?.subject ?? '';
    return refuse('BAD_CHAIN', `holds a certificate that signs no other one of the chain: ${stray}`);
  }
  const sent = ordered.filter(
    (certificate, index) => index === 0 || certificate.subject !== certificate.issuer,
  );
  return { certificates: sent };
}

async function issuerOf(
  certificate: x509.X509Certificate,
  candidates: ReadonlySet<x509.X509Certificate>,
): Promise<x509.X509Certificate | undefined> {
  for (const candidate of candidates) {
    if (candidate.subject !== certificate.issuer) continue;
    const signed = await certificate
      .verify({ publicKey: candidate.publicKey, signatureOnly: true })
      .catch(() => false);
    if (signed) return candidate;
  }
  return undefined;
}

const refuse = (reason: string, message: string): ReadChain => ({ problem: { reason, message } });

/** PEM of the certificates as they were parsed: nothing that stood around them survives. */
export function chainPem(certificates: readonly x509.X509Certificate[]): string {
  return certificates.map((certificate) => `${certificate.toString('pem')}\n`).join('');
}

/** DNS names that the certificate is for. */
export function dnsNames(certificate: x509.X509Certificate): string[] {
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  return names.filter(({ type }) => type === 'dns').map(({ value }) => value.toLowerCase());
}
