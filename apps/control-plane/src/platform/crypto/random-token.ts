import { createHash, randomBytes } from 'node:crypto';

const pattern = /^ost_([a-z]+)_([A-Za-z0-9_-]{43})([0-9a-f]{8})$/;

/** What a token is for; part of the token, so that a leaked one can be told apart and found by scanners. */
export type TokenUse = 'session' | 'api' | 'join';

/** 256 random bits as `ost_<use>_<base64url><checksum>`. */
export function newToken(use: TokenUse): string {
  const secret = randomBytes(32).toString('base64url');
  return `ost_${use}_${secret}${checksum(use, secret)}`;
}

/** What a token claims to be for; undefined when it is mistyped or cut off, which spares a look-up. */
export function useOfToken(token: string): TokenUse | undefined {
  const [, use, secret, sum] = pattern.exec(token) ?? [];
  if (!use || !secret || checksum(use, secret) !== sum) return undefined;
  return use === 'session' || use === 'api' || use === 'join' ? use : undefined;
}

/** What is stored. A plain hash is enough for 256 random bits. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function checksum(use: string, secret: string): string {
  return createHash('sha256').update(`ostler token ${use} ${secret}`).digest('hex').slice(0, 8);
}
