import { type CertificateSpec, CertificateSpecSchema, Kind } from '@ostler/contracts';

import type { KindModel } from '../kind-model';
import { referencesIn } from '../message/references';
import { normaliseCertificate } from './normalise';
import { upgradeCertificate } from './upgrade';
import { validateCertificate } from './validate';

export const certificateModel: KindModel<typeof CertificateSpecSchema, 'certificate'> = {
  kind: Kind.CERTIFICATE,
  title: 'Certificate',
  specCase: 'certificate',
  schema: CertificateSpecSchema,
  schemaVersion: 1,
  normalise: normaliseCertificate,
  validate: validateCertificate,
  upgrade: upgradeCertificate,
  domains: () => [],
  placement: () => undefined,
  references: (spec) => referencesIn(CertificateSpecSchema, spec),
  summarise,
};

const SOURCES = { acme: 'ACME', selfSigned: 'self-signed', upload: 'uploaded' } as const;

function summarise(spec: CertificateSpec): string {
  const source = spec.source.case ? SOURCES[spec.source.case] : 'no source';
  const more = spec.domains.length > 1 ? ` and ${spec.domains.length - 1} more` : '';
  return `${spec.domains[0] ?? 'no domain'}${more}, ${source}`;
}
