import { hostname, networkInterfaces } from 'node:os';

/** The names and addresses under which this control plane is spoken to. */
export type OwnHosts = (host: string) => boolean;

/**
 * A page of another site can make a browser send requests to a name that it lets point at us (DNS
 * rebinding); such a request names a host that is none of ours.
 */
export function ownHosts(publicHosts: readonly string[]): OwnHosts {
  const own = ['localhost', '127.0.0.1', '[::1]', hostname(), ...publicHosts];
  const named = new Set(own.map((host) => host.toLowerCase()));
  let addresses = new Set<string>();
  let readAt = -Infinity;
  return (host) => {
    const name = hostnameOf(host);
    if (name === undefined || named.has(name)) return name !== undefined;
    // They come and go, and reading them takes a tenth of a millisecond.
    if (performance.now() - readAt > addressesGoodForMs)
      [addresses, readAt] = [ownAddresses(), performance.now()];
    return addresses.has(name.replace(/^\[|\]$/g, ''));
  };
}

const addressesGoodForMs = 10_000;

function ownAddresses(): Set<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
  );
}

/** The name in a Host header or origin, without the port; undefined when it is none. */
export function hostnameOf(host: string): string | undefined {
  if (host === '' || /[/@?#\\\s]/.test(host)) return undefined;
  return URL.parse(`http://${host}`)?.hostname.toLowerCase();
}
