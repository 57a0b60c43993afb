import { createHash } from 'node:crypto';
import type { CertificateSpec } from '@ostler/contracts';

/** Says what a certificate is made from. When it differs from what is on disk, a new one is made. */
export function sourceOf(spec: CertificateSpec): string {
  const { source, domains } = spec;
  const parts: string[] = [source.case ?? '', [...domains].sort().join(',')];
  if (source.case === 'acme') parts.push(source.value.directoryUrl);
  if (source.case === 'selfSigned') parts.push(String(source.value.lifetimeDays));
  if (source.case === 'upload') {
    const { privateKeyPem, certificatePem } = source.value;
    parts.push(hash(certificatePem), `${privateKeyPem?.uid}:${privateKeyPem?.version}`);
  }
  return hash(JSON.stringify(parts));
}

export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
