import { clone } from '@bufbuild/protobuf';
import { type CertificateSpec, CertificateSpecSchema } from '@ostler/contracts';

import { normaliseDomain } from '../domains/domain';
import { orAsIs } from '../problems';

/** Domains as A-labels, PEM with plain line ends. */
export function normaliseCertificate(given: CertificateSpec): CertificateSpec {
  const spec = clone(CertificateSpecSchema, given);
  spec.domains = spec.domains.map((domain) => orAsIs(normaliseDomain(domain), domain));
  if (spec.source.case === 'upload')
    spec.source.value.certificatePem = tidyPem(spec.source.value.certificatePem);
  if (spec.source.case === 'acme')
    spec.source.value.directoryCaPem = tidyPem(spec.source.value.directoryCaPem);
  return spec;
}

function tidyPem(text: string): string {
  const trimmed = text.replaceAll('\r\n', '\n').trim();
  return trimmed === '' ? '' : `${trimmed}\n`;
}
