import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { ErrorReason } from '@ostler/contracts';
import { AppError, isUuid } from '@ostler/kernel';

const ONE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** Clocks may be wrong by days; this is no clock any more, or a bundle from another age. */
const LONG_ENDED_MS = 365 * 86_400_000;

/** Every certificate of a PEM text. @throws AppError UNAVAILABLE that names the file when there is none. */
export function certificatesOf(pem: string, path: string): X509Certificate[] {
  const found = pem.match(ONE) ?? [];
  if (found.length === 0) throw notUsable(path, 'holds no certificate');
  try {
    return found.map((one) => new X509Certificate(one));
  } catch {
    throw notUsable(path, 'holds a certificate that cannot be read');
  }
}

export function privateKeyOf(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw notUsable(path, 'holds no private key that can be read');
  }
}

export function belongTogether(key: KeyObject, certificate: X509Certificate): boolean {
  return certificate.publicKey.equals(createPublicKey(key));
}

/** @throws AppError UNAVAILABLE when the certificate is of another server than the one that joined here. */
export function checkNames(leaf: X509Certificate, serverUid: string, path: string): void {
  if (leaf.subjectAltName === `URI:ostler:server:${serverUid}`) return;
  throw notUsable(path, `holds a certificate of another server (${leaf.subjectAltName ?? 'it names none'})`);
}

/** @throws AppError UNAVAILABLE when no root is an authority, or all of them ended more than a year ago. */
export function checkRoots(roots: readonly X509Certificate[], nowMs: number, path: string): void {
  if (!roots.every(({ ca }) => ca)) throw notUsable(path, 'holds a certificate that is no authority');
  const lastMs = Math.max(...roots.map(({ validToDate }) => validToDate.getTime()));
  if (nowMs - lastMs < LONG_ENDED_MS) return;
  const day = new Date(lastMs).toISOString().slice(0, 10);
  const today = new Date(nowMs).toISOString().slice(0, 10);
  throw notUsable(
    path,
    `trusts nothing that is still valid: its last root ended on ${day}, and the clock of this server says ${today}. ` +
      'If the clock is wrong, set it',
  );
}

/** What server.json must say. @throws AppError UNAVAILABLE that names the file. */
export function readServerRecord(text: string, path: string): Record<string, string> {
  const content = parse(text, path);
  for (const name of ['controlUrl', 'serverUid', 'serverName', 'agentAddress', 'agentServerName'])
    if (typeof content[name] !== 'string' || content[name] === '')
      throw notUsable(path, `does not say ${name}`);
  for (const [name, value] of Object.entries(content))
    if (typeof value !== 'string') throw notUsable(path, `says something else than a text as ${name}`);
  const record = content as Record<string, string>;
  if (!isUuid(record['serverUid']!)) throw notUsable(path, 'says a serverUid that is no uid');
  return record;
}

export function parse(text: string, path: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content === 'object' && content !== null) return content as Record<string, unknown>;
  } catch {
    // Told below, with the file.
  }
  throw notUsable(path, 'cannot be read as JSON');
}

const WAY_OUT = 'Without it this server cannot prove who it is. Join it again with a new token.';

export function missing(path: string): AppError {
  return new AppError(ErrorReason.UNAVAILABLE, `${path} is missing. ${WAY_OUT}`);
}

export function notUsable(path: string, why: string): AppError {
  return new AppError(ErrorReason.UNAVAILABLE, `${path} ${why}. Nothing is trusted until that is put right.`);
}
