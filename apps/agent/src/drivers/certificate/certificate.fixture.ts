import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type CertificateSpec, CertificateSpecSchema, Kind } from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import type { DriverContext, PlacedResource } from '../../reconcile/driver.port';

/** A certificate as the manifest places it. */
export function placedCertificate(spec: MessageInitShape<typeof CertificateSpecSchema>): PlacedResource & {
  readonly value: CertificateSpec;
} {
  const value = create(CertificateSpecSchema, spec);
  return {
    uid: newUid<'Resource'>(),
    kind: Kind.CERTIFICATE,
    name: 'shop',
    tenantUid: newUid<'Tenant'>(),
    generation: 1n,
    epoch: 1n,
    spec: { case: 'certificate', value },
    edges: [],
    value,
  };
}

/** A context in which only secrets are there. */
export function contextWith(
  clock: DriverContext['clock'],
  secrets: Record<string, string> = {},
): DriverContext {
  const encoder = new TextEncoder();
  return {
    clock,
    log: () => undefined,
    secret: (uid) => (secrets[uid] === undefined ? undefined : encoder.encode(secrets[uid])),
    output: () => undefined,
    placed: () => [],
    release: () => Promise.reject(new Error('A certificate has no release.')),
    wake: () => undefined,
    parked: (wait) => wait(),
  };
}

/** A self-signed certificate of its own key, for tests that need a real one. */
export async function makeCertificate(
  domains: readonly string[],
  validity: { readonly notBeforeMs: number; readonly notAfterMs: number },
): Promise<{ pem: string; der: Uint8Array; privateKeyPem: string }> {
  await import('reflect-metadata');
  const { X509CertificateGenerator, SubjectAlternativeNameExtension, PemConverter } =
    await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    keys,
    name: 'CN=Test',
    signingAlgorithm: algorithm,
    notBefore: new Date(validity.notBeforeMs),
    notAfter: new Date(validity.notAfterMs),
    extensions: [new SubjectAlternativeNameExtension(domains.map((value) => ({ type: 'dns', value })))],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    pem: `${certificate.toString('pem')}\n`,
    der: new Uint8Array(certificate.rawData),
    privateKeyPem: PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}
