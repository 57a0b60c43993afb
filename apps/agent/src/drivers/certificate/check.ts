import { AppError } from '@ostler/kernel';
import type { AcmeSource, CertificateSpec } from '@ostler/contracts';
import { acmeDirectory } from '@ostler/resource-model';
import type { PlacedResource } from '../../reconcile/driver.port';
import { readChain } from './chain';

// A-labels only: the control plane has normalised them (UTS #46), so anything else is hostile.
const DOMAIN =
  /^(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A name whose last label is a number is an IPv4 address to whoever connects (WHATWG URL, "ends in a number"). */
const ADDRESS = /(^|\.)([0-9]+|0x[0-9a-f]*)$/;
const EMAIL = /^[A-Za-z0-9_][A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/;
const PEM_CERTIFICATES =
  /^(-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]{1,76}\n)+-----END CERTIFICATE-----\n\s*)+$/;
const LONGEST_URL = 2048;

/** Checks a compiled spec as if the control plane were hostile; throws AppError naming the field. */
export function checkCertificate(resource: PlacedResource): CertificateSpec {
  if (resource.spec.case !== 'certificate')
    throw AppError.invalid('spec', 'WRONG_KIND', 'it is not a certificate');
  const spec = resource.spec.value;
  spec.domains.forEach((domain, index) => {
    if (!DOMAIN.test(domain) || ADDRESS.test(domain)) {
      throw AppError.invalid(
        `certificate.domains[${index}]`,
        'NOT_A_DOMAIN',
        'it is not a host name in A-label form',
      );
    }
  });
  if (spec.source.case === 'acme') checkAcme(spec, spec.source.value);
  if (spec.source.case === 'upload')
    readChain(spec.source.value.certificatePem, 'certificate.upload.certificatePem');
  else if (spec.domains.length === 0)
    throw AppError.invalid('certificate.domains', 'EMPTY', 'name at least one domain');
  return spec;
}

function checkAcme(spec: CertificateSpec, { directoryUrl, directoryCaPem, email }: AcmeSource): void {
  if (directoryUrl !== '') checkDirectory(directoryUrl);
  if (email !== '' && !EMAIL.test(email))
    throw AppError.invalid('certificate.acme.email', 'NOT_AN_EMAIL', 'it is not a plain e-mail address');
  if (directoryCaPem !== '') checkDirectoryCa(directoryCaPem);
  const wildcard = spec.domains.findIndex((domain) => domain.startsWith('*.'));
  if (wildcard >= 0) {
    const message = 'HTTP-01 cannot prove a wildcard; name the hosts one by one, or upload a certificate';
    throw AppError.invalid(`certificate.domains[${wildcard}]`, 'WILDCARD', message);
  }
}

/** The agent asks it with its own network: nothing that only this server can reach may be named. */
function checkDirectory(text: string): void {
  const verdict = acmeDirectory(text);
  if (!verdict.ok || text.length > LONGEST_URL) {
    const message = verdict.ok ? 'it is too long' : verdict.message;
    throw AppError.invalid('certificate.acme.directoryUrl', 'NOT_A_DIRECTORY', message);
  }
}

function checkDirectoryCa(text: string): void {
  const field = 'certificate.acme.directoryCaPem';
  if (!PEM_CERTIFICATES.test(text))
    throw AppError.invalid(field, 'NOT_PEM', 'it must be PEM certificates and nothing else');
  readChain(text, field);
}
