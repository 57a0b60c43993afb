import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { AgentReleaseSchema, SignedAgentReleaseSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';

import {
  decodeAgentRelease,
  encodeAgentRelease,
  signAgentRelease,
  verifyAgentRelease,
} from './agent-release';

const RELEASE = {
  version: '1.2.3-abc',
  sequence: 7n,
  featureLevel: 2,
  madeAt: 1_790_000_000n,
  packages: [{ architecture: 'x86_64', sha256: new Uint8Array(32).fill(0xaa), size: 5n }],
};
// PKCS #8 of an Ed25519 key whose seed is 32 times 0x01.
const privateKey = createPrivateKey({
  key: Buffer.from(`302e020100300506032b657004220420${'01'.repeat(32)}`, 'hex'),
  format: 'der',
  type: 'pkcs8',
});
const publicKey = createPublicKey(privateKey);
const bytes = encodeAgentRelease(RELEASE);
const signed = (release: Uint8Array, signature: Uint8Array) =>
  create(SignedAgentReleaseSchema, { release, signature });

// docs/adr/0143-agent-release.md: what was signed once verifies for ever.
test('the bytes and their signature are these', () => {
  expect(Buffer.from(bytes).toString('hex')).toBe(
    `0a09312e322e332d616263100718022080f7c4d5062a2c0a067838365f36341220${'aa'.repeat(32)}1805`,
  );
  const signature = signAgentRelease(bytes, privateKey);
  expect(Buffer.from(signature).toString('hex')).toMatchInlineSnapshot(
    `"3514e69dd5fa3aa21d2c5fbdcde6714ded1d8bd5d9b66fbe0c1ef5b5d194b99fce83d7d4d7ba705689aa5d64690c5e12b28d770c2618442f55650a86964d6606"`,
  );
  expect(verifyAgentRelease(signed(bytes, signature), publicKey)).toEqual(
    create(AgentReleaseSchema, RELEASE),
  );
});

test('another key, other bytes and a signature without the context are refused', () => {
  const other = generateKeyPairSync('ed25519');
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signature = signAgentRelease(bytes, privateKey);
  const changed = encodeAgentRelease({ ...RELEASE, sequence: 8n });
  const refused = /not signed by the release key/;
  expect(() =>
    verifyAgentRelease(signed(bytes, signAgentRelease(bytes, other.privateKey)), publicKey),
  ).toThrow(refused);
  expect(() => verifyAgentRelease(signed(changed, signature), publicKey)).toThrow(refused);
  expect(() => verifyAgentRelease(signed(bytes, new Uint8Array(64)), publicKey)).toThrow(refused);
  expect(() => verifyAgentRelease(signed(bytes, signature), ec.publicKey)).toThrow(refused);
});

test.each([
  ['no message', Buffer.from('ff', 'hex'), /no release/],
  ['a folder above', encodeAgentRelease({ ...RELEASE, version: '../x' }), /no version/],
  ['the link itself', encodeAgentRelease({ ...RELEASE, version: 'current' }), /no version/],
  ['no sequence', encodeAgentRelease({ ...RELEASE, sequence: 0n }), /sequence/],
  ['no package', encodeAgentRelease({ ...RELEASE, packages: [] }), /package/],
  ['half a digest', encodeAgentRelease({ ...RELEASE, packages: [{ sha256: bytes, size: 1n }] }), /digest/],
])('a release with %s is refused although it is signed', (_what, release, message) => {
  expect(() => decodeAgentRelease(release)).toThrow(message);
});
