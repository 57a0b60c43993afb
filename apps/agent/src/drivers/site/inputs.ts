import type { CertificateOutput } from '../../reconcile/driver.port';

/** One address that an upstream server stands for at this moment. */
export interface UpstreamAddress {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  readonly backup: boolean;
  readonly healthy: boolean;
}

/** Everything that a site's configuration depends on beside its spec, gathered before it is rendered. */
export interface SiteInputs {
  /** Addresses by upstream name; none while nothing resolves. */
  readonly upstreams: Readonly<Record<string, readonly UpstreamAddress[]>>;
  /** Absent without TLS, or while the certificate is not there yet. */
  readonly certificate?: CertificateOutput;
  /** Folder by digest of a release. */
  readonly releases: Readonly<Record<string, string>>;
  /** Password hash by `passwordKey`. */
  readonly passwords: Readonly<Record<string, string>>;
}

/** The same secret at the same version keeps its salted hash, so that nothing changes without a reason. */
export function passwordKey(secretUid: string, version: number, username: string): string {
  return `${secretUid}/${version}/${username}`;
}
