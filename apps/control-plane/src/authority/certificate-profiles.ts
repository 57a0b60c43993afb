import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from './x509';
import { signatureAlgorithm } from './key-pairs';

export interface Issuer {
  readonly certificate: X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** Clocks of servers are wrong by minutes; a certificate is valid an hour before it was made. */
const BACKDATED_MS = HOUR_MS;

export const lifetimes = {
  authorityMs: 3650 * DAY_MS,
  agentMs: DAY_MS,
  listenerMs: 90 * DAY_MS,
  developmentMs: 90 * DAY_MS,
} as const;

/** The identity of an agent, as its certificate says it. */
export const serverUri = (serverUid: string): string => `ostler:server:${serverUid}`;

export async function makeRoot(name: string, keys: webcrypto.CryptoKeyPair, nowMs: number) {
  return X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: signatureAlgorithm,
    ...validity(nowMs, lifetimes.authorityMs),
    extensions: await authorityExtensions(keys.publicKey, undefined),
  });
}

/** Issues leaves only: no authority below it. */
export async function makeIntermediate(
  name: string,
  publicKey: webcrypto.CryptoKey,
  issuer: Issuer,
  nowMs: number,
) {
  return X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: issuer.certificate.subject,
    publicKey,
    signingKey: issuer.key,
    signingAlgorithm: signatureAlgorithm,
    ...validity(nowMs, lifetimes.authorityMs),
    extensions: [
      ...(await authorityExtensions(publicKey, 0)),
      await AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
    ],
  });
}

export interface LeafRequest {
  readonly commonName: string;
  readonly names: JsonGeneralName[];
  readonly usage: 'client' | 'server';
  readonly publicKey: PublicKey | webcrypto.CryptoKey;
  readonly lifetimeMs: number;
}

export async function makeLeaf(
  request: LeafRequest,
  issuer: Issuer,
  nowMs: number,
): Promise<X509Certificate> {
  const usage = request.usage === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth;
  return X509CertificateGenerator.create({
    subject: [{ CN: [request.commonName.slice(0, MOST_COMMON_NAME)] }],
    issuer: issuer.certificate.subject,
    publicKey: request.publicKey,
    signingKey: issuer.key,
    signingAlgorithm: signatureAlgorithm,
    ...validity(nowMs, request.lifetimeMs),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage], true),
      new SubjectAlternativeNameExtension(request.names),
      await SubjectKeyIdentifierExtension.create(request.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
    ],
  });
}

/** A DNS name or an address, as the certificate carries it. */
export function generalName(name: string): JsonGeneralName {
  return { type: isIP(name) ? 'ip' : 'dns', value: name };
}

/** RFC 5280: ub-common-name. */
const MOST_COMMON_NAME = 64;

function validity(nowMs: number, lifetimeMs: number) {
  return { notBefore: new Date(nowMs - BACKDATED_MS), notAfter: new Date(nowMs + lifetimeMs) };
}

async function authorityExtensions(publicKey: webcrypto.CryptoKey, pathLength: number | undefined) {
  return [
    new BasicConstraintsExtension(true, pathLength, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(publicKey),
  ];
}
