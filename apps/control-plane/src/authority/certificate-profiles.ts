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
const YEAR_MS = 365 * DAY_MS;

export const lifetimes = {
  authorityMs: 10 * YEAR_MS,
  agentMs: DAY_MS,
  listenerMs: YEAR_MS,
  developmentMs: 90 * DAY_MS,
} as const;

/**
 * How long before it was made a certificate is valid already. Agents are verified by our own clock, which is
 * wrong by minutes at most. What agents verify is judged by theirs, which may be wrong by days in either
 * direction: a listener's key lives in memory and its certificate is replaced every day, so that little is lost
 * when it is good for a year on both sides (and no browser takes one that is good for more than 825 days).
 */
export const backdated = {
  authorityMs: YEAR_MS,
  listenerMs: YEAR_MS,
  leafMs: HOUR_MS,
} as const;

/** The identity of an agent, as its certificate says it. */
export const serverUri = (serverUid: string): string => `ostler:server:${serverUid}`;

export async function makeRoot(name: string, keys: webcrypto.CryptoKeyPair, nowMs: number) {
  return X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: signatureAlgorithm,
    ...validity(nowMs, lifetimes.authorityMs, backdated.authorityMs),
    extensions: await authorityExtensions(keys.publicKey, undefined),
  });
}

/**
 * A newer root signed by the one before it: who trusts only the older one finds the way to the newer one's
 * certificates by it.
 */
export async function makeCross(newer: X509Certificate, older: Issuer, nowMs: number) {
  return X509CertificateGenerator.create({
    subject: newer.subject,
    issuer: older.certificate.subject,
    publicKey: newer.publicKey,
    signingKey: older.key,
    signingAlgorithm: signatureAlgorithm,
    ...validity(nowMs, lifetimes.authorityMs, backdated.authorityMs),
    extensions: [
      ...(await authorityExtensions(newer.publicKey, undefined)),
      await AuthorityKeyIdentifierExtension.create(older.certificate.publicKey),
    ],
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
    ...validity(nowMs, lifetimes.authorityMs, backdated.authorityMs),
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
  /** An hour when absent. */
  readonly backdatedMs?: number;
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
    ...validity(nowMs, request.lifetimeMs, request.backdatedMs ?? backdated.leafMs),
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

function validity(nowMs: number, lifetimeMs: number, backdatedMs: number) {
  return { notBefore: new Date(nowMs - backdatedMs), notAfter: new Date(nowMs + lifetimeMs) };
}

async function authorityExtensions(
  publicKey: webcrypto.CryptoKey | PublicKey,
  pathLength: number | undefined,
) {
  return [
    new BasicConstraintsExtension(true, pathLength, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    await SubjectKeyIdentifierExtension.create(publicKey),
  ];
}
