import type { CertificateSpec } from '@ostler/contracts';

/** Schema version 1 is the first: nothing to change yet. A new version adds its step here, with a fixture. */
export function upgradeCertificate(spec: CertificateSpec, _fromSchemaVersion: number): CertificateSpec {
  return spec;
}
