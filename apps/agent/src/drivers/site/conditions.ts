import { create } from '@bufbuild/protobuf';
import {
  ConditionSchema,
  ConditionStatus,
  type Condition,
  type FileChange,
  type SiteSpec,
  type UpstreamHealth,
} from '@ostler/contracts';
import type { Outcome, ServerFacts } from '../../targets/nginx';

export function condition(type: string, status: boolean, reason: string, message: string): Condition {
  return create(ConditionSchema, {
    type,
    status: status ? ConditionStatus.TRUE : ConditionStatus.FALSE,
    reason,
    message,
  });
}

/** Whether the site is served as declared, as far as the commit says. */
export function readyCondition(
  outcome: Outcome,
  servesOlder: boolean,
  missingCertificate: string | undefined,
): Condition {
  if (!outcome.committed) {
    const older = servesOlder ? ' What was served before still is.' : '';
    return condition('Ready', false, outcome.reason, outcome.message + older);
  }
  if (missingCertificate !== undefined)
    return condition(
      'Ready',
      false,
      'CERTIFICATE_PENDING',
      `Served without TLS: the certificate ${missingCertificate} is not on this server yet. HTTPS follows by itself.`,
    );
  return condition('Ready', true, 'SERVING', 'nginx serves the site.');
}

/** Upstreams that fail, and sockets that are not there: the site serves, but not well. */
export function degradedConditions(
  health: readonly UpstreamHealth[],
  sockets: readonly string[],
): Condition[] {
  const bad = health.filter((server) => !server.healthy);
  const problems = [
    ...bad.map(({ upstream, host, port, message }) => `${upstream}: ${host}:${port} ${message}`),
    ...sockets.map((socket) => `${socket} does not exist or is not a socket; is its service running?`),
  ];
  if (problems.length === 0) return [];
  const reason = bad.length > 0 ? 'UPSTREAM_UNHEALTHY' : 'SOCKET_MISSING';
  return [condition('Degraded', true, reason, problems.join('; '))];
}

export function driftConditions(drift: readonly FileChange[], enforced: boolean): Condition[] {
  if (drift.length === 0) return [];
  const paths = drift.map((change) => change.path).join(', ');
  return enforced
    ? [condition('Drifted', false, 'PUT_BACK', `Edited by hand and put back: ${paths}.`)]
    : [
        condition(
          'Drifted',
          true,
          'EDITED_BY_HAND',
          `Edited by hand: ${paths}. Apply the site again with driftPolicy enforce to put it back.`,
        ),
      ];
}

/** Addresses at which this server answers for the site. */
export function urlsOf(spec: SiteSpec, facts: ServerFacts, encrypted: boolean): string[] {
  const address = (scheme: string, domain: string, port: number, usual: number): string =>
    `${scheme}://${domain}${port === usual ? '' : `:${port}`}`;
  const names = spec.domains.filter((domain) => !domain.startsWith('*.'));
  return names.flatMap((domain) => [
    ...(encrypted ? [address('https', domain, facts.httpsPort, 443)] : []),
    address('http', domain, facts.httpPort, 80),
  ]);
}
