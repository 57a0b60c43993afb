import { type Upstream, Upstream_Balance } from '@ostler/contracts';

import { demand, type Problems } from '../problems';
import { upstreamHost } from '../text/hosts';
import { requestTarget } from '../text/paths';

/** The upstreams of one site. Returns their names. */
export function validateUpstreams(upstreams: readonly Upstream[], problems: Problems): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, upstream] of upstreams.entries()) {
    const inner = problems.at(`upstreams[${index}]`);
    if (names.has(upstream.name)) inner.add('name', 'DUPLICATE', `${upstream.name} is defined twice`);
    names.add(upstream.name);
    validateServers(upstream, inner);
    if (upstream.healthCheck) demand(inner, 'healthCheck.path', requestTarget(upstream.healthCheck.path));
    if (upstream.healthCheck && inRange(upstream.healthCheck.expectedStatus, 1, 99)) {
      inner.add(
        'healthCheck.expectedStatus',
        'BAD_STATUS',
        'is no HTTP status; use 100 to 599, or 0 for any from 200 to 399',
      );
    }
  }
  return names;
}

function validateServers(upstream: Upstream, problems: Problems): void {
  const seen = new Set<string>();
  for (const [index, server] of upstream.servers.entries()) {
    const at = `servers[${index}]`;
    demand(problems, `${at}.host`, upstreamHost(server.host));
    const key = `${server.host}:${server.port}`;
    if (seen.has(key)) problems.add(`${at}.host`, 'DUPLICATE', `${key} is listed twice; use weight instead`);
    seen.add(key);
    if (server.backup && upstream.balance === Upstream_Balance.CLIENT_ADDRESS) {
      problems.add(`${at}.backup`, 'NOT_COMBINABLE', 'cannot be combined with balance client_address');
    }
  }
  if (upstream.servers.length > 0 && upstream.servers.every(({ backup }) => backup)) {
    problems.add('servers', 'ONLY_BACKUPS', 'needs at least one server that is not a backup');
  }
}

const inRange = (value: number, from: number, to: number): boolean => value >= from && value <= to;
