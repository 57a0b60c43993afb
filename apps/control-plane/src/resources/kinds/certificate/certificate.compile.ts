import { clone } from '@bufbuild/protobuf';
import { type CertificateSpec, CertificateSpecSchema } from '@ostler/contracts';

/** What the agent is told of a certificate, without what is at its default. */
export function compileCertificate(given: CertificateSpec): CertificateSpec {
  const spec = clone(CertificateSpecSchema, given);
  if (spec.source.case === 'selfSigned' && spec.source.value.lifetimeDays === 90)
    spec.source.value.lifetimeDays = 0;
  return spec;
}
