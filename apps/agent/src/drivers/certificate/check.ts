import { AppError } from '@ostler/kernel';
import type { CertificateSpec } from '@ostler/contracts';
import type { PlacedResource } from '../../reconcile/driver.port';
import { readChain } from './chain';

// A-labels only: the control plane has normalised them (UTS #46), so anything else is hostile.
const DOMAIN =
  /^(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Checks a compiled spec as if the control plane were hostile; throws AppError naming the field. */
export function checkCertificate(resource: PlacedResource): CertificateSpec {
  if (resource.spec.case !== 'certificate')
    throw AppError.invalid('spec', 'WRONG_KIND', 'it is not a certificate');
  const spec = resource.spec.value;
  spec.domains.forEach((domain, index) => {
    if (!DOMAIN.test(domain)) {
      throw AppError.invalid(
        `certificate.domains[${index}]`,
        'NOT_A_DOMAIN',
        'it is not a host name in A-label form',
      );
    }
  });
  if (spec.source.case === 'acme') checkAcme(spec, spec.source.value.directoryUrl);
  if (spec.source.case === 'upload')
    readChain(spec.source.value.certificatePem, 'certificate.upload.certificatePem');
  else if (spec.domains.length === 0)
    throw AppError.invalid('certificate.domains', 'EMPTY', 'name at least one domain');
  return spec;
}

function checkAcme(spec: CertificateSpec, directoryUrl: string): void {
  if (directoryUrl !== '' && (!URL.canParse(directoryUrl) || new URL(directoryUrl).protocol !== 'https:')) {
    throw AppError.invalid('certificate.acme.directoryUrl', 'NOT_HTTPS', 'it must be an https URL');
  }
  const wildcard = spec.domains.findIndex((domain) => domain.startsWith('*.'));
  if (wildcard >= 0) {
    const message = 'HTTP-01 cannot prove a wildcard; name the hosts one by one, or upload a certificate';
    throw AppError.invalid(`certificate.domains[${wildcard}]`, 'WILDCARD', message);
  }
}
