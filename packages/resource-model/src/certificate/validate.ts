import type { AcmeSource, CertificateSpec, UploadSource } from '@ostler/contracts';

import { normaliseDomain } from '../domains/domain';
import { demand, type Problems } from '../problems';
import { acmeDirectory } from '../text/urls';

const PEM_CERTIFICATES =
  /^(-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]{1,76}\n)+-----END CERTIFICATE-----\n\s*)+$/;

/** Without quoted local parts and comments, which no authority takes. */
const PLAIN_EMAIL = /^[A-Za-z0-9_][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]*$/;

/** What the rules in the proto cannot say of a normalised certificate. */
export function validateCertificate(spec: CertificateSpec, problems: Problems): void {
  for (const [index, domain] of spec.domains.entries()) {
    const valid = demand(problems, `domains[${index}]`, normaliseDomain(domain));
    if (valid && spec.domains.indexOf(domain) < index) {
      problems.add(`domains[${index}]`, 'DUPLICATE', `${domain} is listed twice (after normalisation)`);
    }
  }
  if (spec.source.case !== 'upload' && spec.domains.length === 0) {
    problems.add('domains', 'REQUIRED', 'must name at least one domain');
  }
  if (spec.source.case === 'acme') validateAcme(spec, spec.source.value, problems);
  if (spec.source.case === 'upload') validateUpload(spec.source.value, problems.at('upload'));
}

function validateAcme(spec: CertificateSpec, acme: AcmeSource, problems: Problems): void {
  for (const [index, domain] of spec.domains.entries()) {
    if (domain.startsWith('*.')) {
      problems.add(
        `domains[${index}]`,
        'NO_WILDCARD',
        'a wildcard cannot be validated by HTTP-01; upload a certificate for it',
      );
    }
  }
  if (!acme.termsAgreed) {
    problems.add(
      'acme.termsAgreed',
      'REQUIRED',
      "must be true: read the authority's terms of service and agree to them",
    );
  }
  if (acme.directoryUrl !== '') demand(problems, 'acme.directoryUrl', acmeDirectory(acme.directoryUrl));
  if (acme.email !== '' && !PLAIN_EMAIL.test(acme.email)) {
    problems.add('acme.email', 'BAD_EMAIL', 'must be a plain e-mail address, like ops@example.com');
  }
  if (acme.directoryCaPem !== '' && !PEM_CERTIFICATES.test(acme.directoryCaPem)) {
    problems.add('acme.directoryCaPem', 'NOT_PEM', 'must be PEM certificates and nothing else');
  }
}

function validateUpload(upload: UploadSource, problems: Problems): void {
  if (!PEM_CERTIFICATES.test(upload.certificatePem)) {
    problems.add('certificatePem', 'NOT_PEM', 'must be PEM certificates (leaf first) and nothing else');
  }
  if (upload.privateKeyPem?.clear) {
    problems.add(
      'privateKeyPem.clear',
      'REQUIRED',
      'an uploaded certificate needs its key; delete the resource instead',
    );
  }
  if (upload.privateKeyPem?.value.includes('\0')) {
    problems.add('privateKeyPem.value', 'BAD_CHARACTER', 'may not contain NUL');
  }
}
