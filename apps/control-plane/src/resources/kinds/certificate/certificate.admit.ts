import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

import type { CertificateSpec, UploadSource } from '@ostler/contracts';
import { domainCovers, type Problems } from '@ostler/resource-model';
import type { X509Certificate } from '@peculiar/x509';

import type { AdmitContext } from '../../kind-engine.port';
import { chainPem, dnsNames, readChain } from './uploaded-chain';

/** An uploaded certificate is parsed, ordered and serialised anew; its key must match, and it must be valid now. */
export async function admitCertificate(context: AdmitContext<CertificateSpec>): Promise<void> {
  if (context.spec.source.case !== 'upload') return;
  const upload = context.spec.source.value;
  const problems = context.problems.at('upload');
  const read = await readChain(upload.certificatePem);
  if (read.problem) return problems.add('certificatePem', read.problem.reason, read.problem.message);
  const leaf = read.certificates[0]!;
  upload.certificatePem = chainPem(read.certificates);
  checkValidity(leaf, context, problems);
  checkDomains(leaf, context.spec, context.problems);
  await checkKey(leaf, upload, context, problems);
}

function checkValidity(
  leaf: X509Certificate,
  { now, previous, spec }: AdmitContext<CertificateSpec>,
  problems: Problems,
): void {
  // A certificate that ran out after it was stored must not stop a change of something else.
  if (previous?.source.case === 'upload' && spec.source.case === 'upload') {
    if (previous.source.value.certificatePem === spec.source.value.certificatePem) return;
  }
  if (leaf.notAfter.getTime() <= now) {
    problems.add(
      'certificatePem',
      'EXPIRED',
      `expired at ${leaf.notAfter.toISOString()}; upload its successor`,
    );
  }
  if (leaf.notBefore.getTime() > now + 86_400_000) {
    problems.add('certificatePem', 'NOT_YET_VALID', `is valid from ${leaf.notBefore.toISOString()} on`);
  }
}

function checkDomains(leaf: X509Certificate, spec: CertificateSpec, problems: Problems): void {
  const names = dnsNames(leaf);
  if (names.length === 0)
    return problems.add('upload.certificatePem', 'NO_NAMES', 'is for no DNS name (subjectAltName)');
  if (spec.domains.length === 0) spec.domains = [...new Set(names)].slice(0, 100);
  for (const [index, domain] of spec.domains.entries()) {
    if (!names.some((name) => domainCovers(name, domain))) {
      problems.add(
        `domains[${index}]`,
        'NOT_COVERED',
        `is not among the names of the certificate: ${names.join(', ')}`,
      );
    }
  }
}

async function checkKey(
  leaf: X509Certificate,
  upload: UploadSource,
  { secret }: AdmitContext<CertificateSpec>,
  problems: Problems,
): Promise<void> {
  const pem = await secret('upload.privateKeyPem');
  if (!pem) return; // Admission of secrets says that it is required.
  const key = privateKey(pem);
  if (!key) {
    problems.add(
      'privateKeyPem.value',
      'NOT_A_KEY',
      'is not an unencrypted RSA, EC or Ed25519 private key in PEM',
    );
    return;
  }
  const own = createPublicKey(key).export({ type: 'spki', format: 'der' });
  if (!own.equals(Buffer.from(leaf.publicKey.rawData))) {
    problems.add('privateKeyPem.value', 'KEY_MISMATCH', 'is not the key of the first certificate');
  }
  // One form for every agent, and nothing that stood around the key.
  const secretField = upload.privateKeyPem;
  if (secretField && secretField.value !== '') {
    secretField.value = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  }
}

function privateKey(pem: Uint8Array): KeyObject | undefined {
  try {
    const key = createPrivateKey({ key: Buffer.from(pem), format: 'pem' });
    return ['rsa', 'ec', 'ed25519'].includes(key.asymmetricKeyType ?? '') ? key : undefined;
  } catch {
    return undefined;
  }
}
