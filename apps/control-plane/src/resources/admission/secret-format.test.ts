import { expect, test } from 'vitest';

import { Vault } from '../../platform/crypto';
import { secretPlace } from './secrets.admit';

// docs/adr/0104-sealed-secret.md: made once with this key; every later version must open it.
const vault = new Vault(Uint8Array.from({ length: 32 }, (_, index) => index));
const uid = '01890a5d-ac96-774b-bcce-b302099a8057';
const GOLDEN_SEALED = '0109423b5a40ad71b1aaa367149c4e54f331e42934f933e70720663ec33e8cb28b14e329bfebecd846e4';
const GOLDEN_HMAC = '359df7cb7cea811d139bd2b28a17d785e1d08a8dc8c1fc6e5e42e993f1194988';

test('a secret that was sealed once opens for ever, in its own place alone', () => {
  const sealed = Buffer.from(GOLDEN_SEALED, 'hex');
  expect(vault.open(sealed, secretPlace(uid, 1)).toString()).toBe('correct horse');
  expect(() => vault.open(sealed, secretPlace(uid, 2))).toThrow();
});

test('equality is found by the same keyed hash for ever', () => {
  expect(vault.hmac(`secret ${uid}`, Buffer.from('correct horse')).toString('hex')).toBe(GOLDEN_HMAC);
});
