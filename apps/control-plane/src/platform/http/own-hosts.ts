import { hostname, networkInterfaces } from 'node:os';

/** The names and addresses under which this control plane is spoken to. */
export type OwnHosts = (host: string) => boolean;

/**
 * A page of another site can make a browser send requests to a name that it lets point at us (DNS
 * rebinding); such a request names a host that is none of ours.
 */
export function ownHosts(publicHosts: readonly string[]): OwnHosts {
  const named = new Set([
    'localhost',
    hostname().toLowerCase(),
    ...publicHosts.map((host) => host.toLowerCase()),
  ]);
  return (host) => {
    const name = hostnameOf(host);
    return name !== undefined && (named.has(name) || isOwnAddress(name));
  };
}

/** Read each time, because addresses come and go; only what is no known name gets here. */
function isOwnAddress(name: string): boolean {
  const bare = name.replace(/^\[|\]$/g, '');
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === bare));
}

/** The name in a Host header or origin, without the port; undefined when it is none. */
export function hostnameOf(host: string): string | undefined {
  if (host === '' || /[/@?#\\\s]/.test(host)) return undefined;
  return URL.parse(`http://${host}`)?.hostname.toLowerCase();
}
