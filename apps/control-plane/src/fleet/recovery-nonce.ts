import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Vault } from '../platform/crypto';

const FORMAT = 1;
const TIME_BYTES = 8;
const RANDOM_BYTES = 16;
const MAC_BYTES = 32;
const HEAD_BYTES = 1 + TIME_BYTES + RANDOM_BYTES;
/** How long an agent has to sign it. */
export const NONCE_LIFETIME_MS = 120_000;

/**
 * Something for a server to sign: `01 | milliseconds since 1970 (8) | random (16) | HMAC-SHA256 (32)`, the last over
 * what is before it and the uid, under the master key. Nothing is kept for it: it costs the same for a server that
 * there is not, and every process knows those of the others.
 */
export function newNonce(vault: Vault, serverUid: string, nowMs: number): Buffer {
  const head = Buffer.alloc(1 + TIME_BYTES);
  head.writeUInt8(FORMAT);
  head.writeBigUInt64BE(BigInt(nowMs), 1);
  const body = Buffer.concat([head, randomBytes(RANDOM_BYTES)]);
  return Buffer.concat([body, macOf(vault, serverUid, body)]);
}

/** When the nonce was made; undefined when it was not made here for this server, or is too old. */
export function readNonce(
  vault: Vault,
  serverUid: string,
  nonce: Uint8Array,
  nowMs: number,
): Date | undefined {
  const bytes = Buffer.from(nonce);
  if (bytes.length !== HEAD_BYTES + MAC_BYTES || bytes[0] !== FORMAT) return undefined;
  const body = bytes.subarray(0, HEAD_BYTES);
  if (!timingSafeEqual(bytes.subarray(HEAD_BYTES), macOf(vault, serverUid, body))) return undefined;
  const madeMs = Number(body.readBigUInt64BE(1));
  return Math.abs(nowMs - madeMs) <= NONCE_LIFETIME_MS ? new Date(madeMs) : undefined;
}

/** What the server signs: "ostler recover", its uid and the nonce. */
export function textToSign(serverUid: string, nonce: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`ostler recover\n${serverUid}\n`), nonce]);
}

function macOf(vault: Vault, serverUid: string, body: Uint8Array): Buffer {
  return vault.hmac('recovery nonce', Buffer.concat([Buffer.from(serverUid), body]));
}
