import { create } from '@bufbuild/protobuf';
import { Kind, type Resource, ResourceSchema, type Server, Server_State } from '@ostler/contracts';

/** Carried by the site that the first start makes: it is nobody's own. */
export const EXAMPLE_LABEL = 'ostler/example';

/** What the guide asks for. */
export interface FirstSite {
  readonly name: string;
  readonly domain: string;
  readonly server: string;
  /** What the page says. */
  readonly words: string;
}

export function isOwnSite({ meta }: Resource): boolean {
  return meta?.kind === Kind.SITE && !(EXAMPLE_LABEL in meta.labels);
}

/** Servers that a site can be put on now. */
export function readyServers(servers: readonly Server[]): readonly Server[] {
  return servers.filter(({ state, hold }) => state === Server_State.CONNECTED && !hold);
}

/**
 * A domain that answers without anything to set up: below .localhost, when the browser runs on the machine of the
 * control plane; empty elsewhere, where a name has to point to the server first.
 */
export function easyDomain(name: string, browsedAt: string): string {
  const isHere = browsedAt === 'localhost' || browsedAt === '127.0.0.1' || browsedAt === '[::1]';
  return isHere && name !== '' ? `${name}.localhost` : '';
}

export function firstSiteResource({ name, domain, server, words }: FirstSite): Resource {
  return create(ResourceSchema, {
    meta: { kind: Kind.SITE, name },
    spec: {
      case: 'site',
      value: {
        placement: { server },
        domains: [domain],
        handler: { answer: { case: 'fixedResponse', value: { status: 200, body: pageOf(words) } } },
      },
    },
  });
}

function pageOf(words: string): string {
  const text = escaped(words);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text}</title>
<style>
  body { font: 18px/1.6 system-ui, sans-serif; max-width: 40rem; margin: 20vh auto; padding: 0 1.5rem; color-scheme: light dark }
</style>
<h1>${text}</h1>
</html>
`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
