import { Upstream_Balance, type Upstream } from '@ostler/contracts';
import type { SitePolicy } from '../policy';
import { domainProblem } from './domains';
import type { CheckContext } from './handlers';
import { isInside, isLoopback, parseAddress } from './networks';
import { hasControl } from './paths';

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export function checkUpstream(upstream: Upstream, field: string, context: CheckContext): void {
  const { violations, policy } = context;
  if (!NAME.test(upstream.name))
    violations.add(`${field}.name`, 'NAME', 'has 1 to 63 lower-case letters, digits and inner hyphens.');
  if (upstream.servers.length === 0)
    violations.add(`${field}.servers`, 'REQUIRED', 'name at least one server.');
  const path = upstream.healthCheck?.path;
  if (path !== undefined && (!path.startsWith('/') || hasControl(path) || /[^\x21-\x7e]/.test(path)))
    violations.add(`${field}.healthCheck.path`, 'PATH', 'begins with a slash and is ASCII without spaces.');
  upstream.servers.forEach((server, index) => {
    const problem = hostProblem(server.host, server.port, policy, []);
    if (problem) violations.add(`${field}.servers[${index}].host`, 'UPSTREAM_REFUSED', problem);
    if (server.port < 1 || server.port > 65_535)
      violations.add(`${field}.servers[${index}].port`, 'RANGE', 'must be 1 to 65535.');
    if (server.weight > 1000)
      violations.add(`${field}.servers[${index}].weight`, 'RANGE', 'must be at most 1000.');
    if (server.backup && upstream.balance === Upstream_Balance.CLIENT_ADDRESS)
      violations.add(
        `${field}.servers[${index}].backup`,
        'BALANCE',
        'nginx has no backup servers when balancing by client address.',
      );
  });
}

/** Why this host may be no upstream, as far as its text says; what it resolves to is judged by `addressProblem`. */
function hostProblem(
  host: string,
  port: number,
  policy: SitePolicy,
  own: readonly string[],
): string | undefined {
  if (parseAddress(host)) return addressProblem(host, port, policy, own);
  const name = host.toLowerCase().replace(/\.$/, '');
  if (host.startsWith('*') || domainProblem(name) !== undefined)
    return 'is neither an IP address nor a host name.';
  // 127.1 and 2130706433 are addresses to the resolver, though they look like names.
  if (/(^|\.)(0x[0-9a-f]*|[0-9]+)$/.test(name)) return 'is not an address in its full form.';
  if (name === 'localhost' || name.endsWith('.localhost'))
    return addressProblem('127.0.0.1', port, policy, own);
  return undefined;
}

/** Why nginx may not be pointed at this address, or undefined. Asked again for everything a name resolves to. */
export function addressProblem(
  text: string,
  port: number,
  policy: SitePolicy,
  ownAddresses: readonly string[],
): string | undefined {
  const address = parseAddress(text);
  if (!address) return `${text} is not an IP address.`;
  const network = policy.refusedNetworks.find((refused) => isInside(address, refused));
  if (network !== undefined)
    return `${text} lies in ${network}, which no site may reach (link-local and metadata addresses).`;
  const isOwn = isLoopback(address) || ownAddresses.some((own) => parseAddress(own)?.value === address.value);
  if (isOwn && policy.refusedLocalPorts.includes(port))
    return `${text}:${port} is a listener of nginx or of the agent on this server itself.`;
  return undefined;
}
