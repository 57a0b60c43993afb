import { expect, test } from 'vitest';
import { Vault } from '../platform/crypto';
import { newNonce, NONCE_LIFETIME_MS, readNonce, textToSign } from './recovery-nonce';

const vault = new Vault(Buffer.alloc(32, 7));
const uid = '01890000-0000-7000-8000-000000000001';
const other = '01890000-0000-7000-8000-000000000002';
const nowMs = 1_750_000_000_000;

test('a nonce is good for its server, for two minutes, in every process with the same master key', () => {
  const nonce = newNonce(vault, uid, nowMs);
  expect(nonce).toHaveLength(57);
  const again = new Vault(Buffer.alloc(32, 7));
  expect(readNonce(again, uid, nonce, nowMs + NONCE_LIFETIME_MS)).toEqual(new Date(nowMs));
  expect(readNonce(vault, uid, nonce, nowMs + NONCE_LIFETIME_MS + 1)).toBeUndefined();
  expect(readNonce(vault, other, nonce, nowMs)).toBeUndefined();
  expect(readNonce(new Vault(Buffer.alloc(32, 8)), uid, nonce, nowMs)).toBeUndefined();
});

test('a nonce with any byte changed is no nonce, whatever its length', () => {
  const nonce = newNonce(vault, uid, nowMs);
  for (let at = 0; at < nonce.length; at++) {
    const changed = Buffer.from(nonce);
    changed[at]! ^= 1;
    expect(readNonce(vault, uid, changed, nowMs)).toBeUndefined();
  }
  for (const length of [0, 1, 32, 56]) {
    expect(readNonce(vault, uid, nonce.subarray(0, length), nowMs)).toBeUndefined();
  }
});

test('two nonces of the same moment differ, and the text to sign is fixed', () => {
  expect(newNonce(vault, uid, nowMs).equals(newNonce(vault, uid, nowMs))).toBe(false);
  expect(textToSign(uid, Buffer.from('ab', 'hex')).toString('latin1')).toBe(`ostler recover\n${uid}\n\xab`);
});
