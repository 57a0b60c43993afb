import { timingSafeEqual } from 'node:crypto';
import type { Vault } from '../platform/crypto';

/**
 * What the lane of a server is told together with the wish for another key, and what nobody else can know who has
 * the old key too. The same in every process, and another one for every wish.
 */
export function rekeyNonce(vault: Vault, serverUid: string, wantedAt: Date): Buffer {
  return vault.hmac('rekey', Buffer.from(`${serverUid} ${wantedAt.toISOString()}`));
}

export function isRekeyNonce(vault: Vault, serverUid: string, wantedAt: Date, nonce: Uint8Array): boolean {
  const expected = rekeyNonce(vault, serverUid, wantedAt);
  return nonce.length === expected.length && timingSafeEqual(expected, nonce);
}
