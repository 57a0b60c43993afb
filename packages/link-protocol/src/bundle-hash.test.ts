import { expect, test } from 'vitest';
import { bundleSha256 } from './bundle-hash';

const [one, two] = [Buffer.from('one'), Buffer.from('two')];
const hex = (roots: readonly Uint8Array[]): string => bundleSha256(roots).toString('hex');

// docs/adr/0141-identity-of-a-server.md: agents and control planes of every version must agree on it.
test('a bundle has one name whatever its order', () => {
  expect(hex([one, two])).toBe('91d338938929ec38e320ba558b6bd8538eae972dce12da64362dd351467c874d');
  expect(hex([two, one])).toBe(hex([one, two]));
  expect(hex([one])).not.toBe(hex([one, two]));
});
