import type { Header, SiteSpec } from '@ostler/contracts';
import { bytesText, countText } from '../../../lib/amounts';

/** What is set in a folded part, in a few words; empty when nothing is. */
const join = (parts: readonly (string | false | undefined)[]): string => parts.filter(Boolean).join(', ');

export function headersSummary(headers: readonly Header[]): string {
  return headers.length === 0 ? '' : headers.map(({ name }) => name).join(', ');
}

export function httpsSummary({ tls }: SiteSpec): string {
  if (!tls) return '';
  return join([
    tls.certificate?.name && `certificate ${tls.certificate.name}`,
    tls.forceHttps && 'HTTPS forced',
    tls.hsts && 'HSTS',
  ]);
}

export function pathsSummary({ paths }: SiteSpec): string {
  return paths.map(({ path }) => path).join(', ');
}

export function limitsSummary({ maxBodyBytes, timeouts, rateLimit }: SiteSpec): string {
  return join([
    maxBodyBytes > 0n && `bodies up to ${bytesText(maxBodyBytes)}`,
    rateLimit && `${rateLimit.requestsPerSecond} requests/s`,
    timeouts && 'timeouts set',
  ]);
}

export function accessSummary({ access, basicAuth }: SiteSpec): string {
  return join([
    access.length > 0 && countText(access.length, 'rule'),
    basicAuth && `${countText(basicAuth.users.length, 'user')} with a password`,
  ]);
}

export function maintenanceSummary({ maintenance, errorPages }: SiteSpec): string {
  return join([
    maintenance && 'in maintenance',
    errorPages.length > 0 && countText(errorPages.length, 'error page'),
  ]);
}

export function advancedSummary(spec: SiteSpec): string {
  return join([
    spec.gzip === false && 'no compression',
    spec.http2 === false && 'no HTTP/2',
    spec.ipv6 === false && 'no IPv6',
    spec.redirectToPrimary && 'redirects to the primary domain',
    spec.driftPolicy === 2 && 'drift enforced',
  ]);
}
