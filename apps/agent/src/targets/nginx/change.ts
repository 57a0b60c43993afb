import type { Argument, Directive } from './configuration/tree';
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

/** Changes that listen on a port that nginx could not have, when it names one. */
export function blamedByPort(message: string, changes: ReadonlyMap<string, Change>): Map<string, string> {
  const port = /bind\(\) to \S+:([0-9]+) failed/.exec(message)?.[1];
  const listens = (nodes: readonly Directive[]): boolean =>
    nodes.some(({ name, args, children }) =>
      name === 'listen' ? isPortOf(args[0], `:${port}`) : listens(children ?? []),
    );
  const blamed = [...changes].filter(([, { contribution }]) => contribution && listens(contribution.nodes));
  return new Map(port === undefined ? [] : blamed.map(([uid]) => [uid, message]));
}

function isPortOf(where: Argument | undefined, port: string): boolean {
  return typeof where === 'string' && where.endsWith(port);
}
