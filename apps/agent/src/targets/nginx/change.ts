import type { Contribution, ServerFacts } from './contribution';

/** A site as it should be; without contribution it is removed. */
export interface Change {
  readonly contribution?: Contribution;
}

export interface Refusal {
  readonly reason: 'DOMAIN_SHADOWED' | 'NGINX_TEST_FAILED' | 'NGINX_RELOAD_FAILED' | 'NGINX_BROKEN';
  readonly message: string;
}

/** Ports on which a contribution wants to be the one that answers. */
export function foreignPorts(contribution: Contribution, facts: ServerFacts): number[] {
  const tls = contribution.probes.some((probe) => probe.tls);
  return [facts.httpPort, ...(tls ? [facts.httpsPort] : [])];
}
