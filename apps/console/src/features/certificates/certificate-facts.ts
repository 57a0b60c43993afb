import type { CertificateSpec, Resource } from '@ostler/contracts';
import { certificateStatuses } from '../../lib/certificates';

export function certificateSpecOf({ spec }: Resource): CertificateSpec | undefined {
  return spec.case === 'certificate' ? spec.value : undefined;
}

/** The names that it is declared for; of an uploaded one, those that the servers found in it. */
export function domainsOf(resource: Resource): readonly string[] {
  const declared = certificateSpecOf(resource)?.domains ?? [];
  return declared.length > 0
    ? declared
    : [...new Set(certificateStatuses(resource).flatMap(({ domains }) => domains))];
}
