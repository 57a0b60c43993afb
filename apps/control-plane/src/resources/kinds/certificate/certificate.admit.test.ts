import { create } from '@bufbuild/protobuf';
import { type CertificateSpec, CertificateSpecSchema } from '@ostler/contracts';
import { Problems } from '@ostler/resource-model';
import { beforeAll, expect, test } from 'vitest';

import { admitCertificate } from './certificate.admit';
import { type Issued, issue } from './issue-certificate.fixture';

const now = Date.parse('2026-01-15T00:00:00Z');
let root: Issued;
let intermediate: Issued;
let leaf: Issued;

beforeAll(async () => {
  root = await issue('CN=root', undefined, { now });
  intermediate = await issue('CN=intermediate', root, { now });
  leaf = await issue('CN=leaf', intermediate, { now, names: ['www.example.com', '*.shop.example.com'] });
});

async function admit(certificatePem: string, key: string, domains: string[] = []) {
  const spec = create(CertificateSpecSchema, {
    domains,
    source: { case: 'upload', value: { certificatePem, privateKeyPem: { value: key } } },
  });
  const problems = new Problems();
  const upload = (): string => (spec.source.case === 'upload' ? spec.source.value.privateKeyPem!.value : '');
  await admitCertificate({
    spec,
    previous: undefined,
    problems,
    now,
    secret: () => Promise.resolve(Buffer.from(upload())),
    release: () => Promise.resolve(undefined),
  });
  return { spec, reasons: problems.violations.map(({ field, reason }) => `${field} ${reason}`) };
}

const chainOf = (spec: CertificateSpec): string =>
  spec.source.case === 'upload' ? spec.source.value.certificatePem : '';

test('a chain in any order is stored leaf first, without its root, as it was parsed', async () => {
  const noise = `${root.pem}${leaf.pem}${intermediate.pem}`;
  const { spec, reasons } = await admit(noise, leaf.key);
  expect(reasons).toEqual([]);
  expect(chainOf(spec)).toBe(`${leaf.pem}${intermediate.pem}`);
  expect(spec.domains).toEqual(['www.example.com', '*.shop.example.com']);
});

test('the key must be the key of the leaf', async () => {
  expect((await admit(leaf.pem, intermediate.key)).reasons).toEqual([
    'upload.privateKeyPem.value KEY_MISMATCH',
  ]);
  expect((await admit(leaf.pem, 'not a key')).reasons).toEqual(['upload.privateKeyPem.value NOT_A_KEY']);
});

test('what is not a certificate, not a chain, expired or for another name is refused', async () => {
  const garbage = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  expect((await admit(garbage, leaf.key)).reasons).toEqual(['upload.certificatePem NOT_A_CERTIFICATE']);
  const stray = await issue('CN=stray', undefined, { now, names: ['stray.example.com'] });
  expect((await admit(`${leaf.pem}${stray.pem}`, leaf.key)).reasons).toEqual([
    'upload.certificatePem BAD_CHAIN',
  ]);
  const old = await issue('CN=old', root, { now: now - 100 * 86_400_000, names: ['old.example.com'] });
  expect((await admit(old.pem, old.key)).reasons).toEqual(['upload.certificatePem EXPIRED']);
  expect((await admit(leaf.pem, leaf.key, ['a.shop.example.com', 'other.example.com'])).reasons).toEqual([
    'domains[1] NOT_COVERED',
  ]);
});

test('an issuer that only bears the right name does not sign', async () => {
  const impostor = await issue('CN=intermediate', undefined, { now });
  expect((await admit(`${leaf.pem}${impostor.pem}`, leaf.key)).reasons).toEqual([
    'upload.certificatePem BAD_CHAIN',
  ]);
});
