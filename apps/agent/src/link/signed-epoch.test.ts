import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { SignedEpochSchema } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { refusesEpoch } from './signed-epoch';
import { foreign, intermediate, leaf, root } from './signed-epoch.fixture';

const signed = (epoch: bigint, signer = intermediate, chain = [signer.certificate]) =>
  create(SignedEpochSchema, {
    epoch,
    signature: sign('sha256', Buffer.from(`ostler epoch\n${epoch}`), createPrivateKey(signer.key)),
    certificateChain: chain.map((pem) => new Uint8Array(new X509Certificate(pem).raw)),
  });

const judge = (epoch: bigint, signedEpoch?: ReturnType<typeof signed>) =>
  refusesEpoch({ epoch, signedEpoch }, foreign.certificate + root.certificate);

test('the first epoch needs nobody’s word', () => {
  expect(judge(1n)).toBeUndefined();
});

test('a higher epoch is followed with the word of an authority below a trusted root', () => {
  expect(judge(7n, signed(7n))).toBeUndefined();
  expect(judge(7n, signed(7n, intermediate, [intermediate.certificate, root.certificate]))).toBeUndefined();
});

test.each([
  ['is missing', 7n, undefined, /not signed/],
  ['is for another epoch', 8n, signed(7n), /not signed/],
  ['was changed', 8n, { ...signed(7n), epoch: 8n }, /signature is not good/],
  [
    'is of a listener or an agent',
    7n,
    signed(7n, leaf, [leaf.certificate, intermediate.certificate]),
    /no authority/,
  ],
  ['has no certificate', 7n, { ...signed(7n), certificateChain: [] }, /no certificate/],
  [
    'has a broken certificate',
    7n,
    { ...signed(7n), certificateChain: [new Uint8Array(9)] },
    /cannot be read/,
  ],
])('the word of the authority is not taken when it %s', (_, epoch, word, message) => {
  expect(judge(epoch, word)).toMatch(message);
});

test('the word of another authority is not taken', () => {
  expect(refusesEpoch({ epoch: 7n, signedEpoch: signed(7n) }, foreign.certificate)).toMatch(
    /do not lead to a root/,
  );
});
