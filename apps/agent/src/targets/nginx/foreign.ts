import type { ForeignConfiguration } from '../../host/nginx';
import type { ForeignHolds } from './assemble';

/** What decides which of our shared lines may be written. */
export function holdsOf(foreign: ForeignConfiguration): ForeignHolds {
  const defaults = foreign.servers.flatMap((server) =>
    server.listens.filter((listen) => listen.isDefault).map((listen) => `${listen.address}:${listen.port}`),
  );
  return { defaultListeners: new Set(defaults), httpDirectives: new Set(foreign.httpDirectives) };
}

/**
 * Why a domain cannot be served because somebody else's server block has the same name on the same port. nginx
 * would answer with whichever it read first and only warn.
 */
export function shadowOf(
  domains: readonly string[],
  ports: readonly number[],
  foreign: ForeignConfiguration,
): string | undefined {
  const wanted = new Set(domains);
  for (const server of foreign.servers) {
    if (!server.listens.some((listen) => ports.includes(listen.port))) continue;
    const taken = server.names.flatMap(namesMeant).find((name) => wanted.has(name));
    if (taken !== undefined)
      return `${taken} is already served by a server block of this server's own nginx configuration, ${server.file} line ${server.line}. Remove it there, or leave the domain out.`;
  }
  return undefined;
}

/** `.example.com` is short for the name and everything below it. */
function namesMeant(name: string): string[] {
  const lower = name.toLowerCase();
  return lower.startsWith('.') ? [lower.slice(1), `*${lower}`] : [lower];
}
