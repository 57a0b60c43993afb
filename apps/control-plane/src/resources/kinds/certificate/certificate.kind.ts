import type { CertificateSpecSchema } from '@ostler/contracts';
import { type KindModel, modelOfCase } from '@ostler/resource-model';

import type { KindEngine } from '../../kind-engine.port';
import { admitCertificate } from './certificate.admit';
import { compileCertificate } from './certificate.compile';

export const certificateKind: KindEngine<typeof CertificateSpecSchema> = {
  model: modelOfCase('certificate') as KindModel<typeof CertificateSpecSchema>,
  admit: admitCertificate,
  compile: compileCertificate,
  releases: () => [],
};
