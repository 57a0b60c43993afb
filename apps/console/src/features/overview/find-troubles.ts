import { type Resource, type Rollout, Rollout_State, type Server } from '@ostler/contracts';
import type { LinkProps } from '@tanstack/react-router';
import { countText } from '../../lib/amounts';
import { type Health, healthOrder, resourceHealth, rolloutHealth, serverHealth } from '../../lib/health';
import { kindWord, nameOf, resourceLink } from '../../lib/kinds';

export interface Trouble {
  readonly key: string;
  readonly name: string;
  readonly kind: string;
  readonly health: Health;
  readonly link: LinkProps;
  /** Others of the same kind with the same state for the same reason. */
  readonly others: number;
}

/** What needs somebody: worst first, once per reason. */
export function findTroubles(
  servers: readonly Server[],
  resources: readonly Resource[],
  rollouts: readonly Rollout[],
): readonly Trouble[] {
  const all = [
    ...servers.map((server) => ofServer(server, serverHealth(server))),
    ...servers.filter(({ orphans }) => orphans.length > 0).map(orphansOf),
    ...resources.map(ofResource),
    ...rollouts.filter(({ state }) => state === Rollout_State.STOPPED).map(ofRollout),
  ];
  // Few of many: what is well is not put in order.
  const bad = all.filter(({ health }) => health.state !== 'ready' && health.state !== 'progressing');
  const first = new Map<string, Trouble>();
  for (const trouble of bad.sort((a, b) => a.name.localeCompare(b.name))) {
    const why = `${trouble.kind} ${trouble.health.word} ${trouble.health.message}`;
    const same = first.get(why);
    first.set(why, same ? { ...same, others: same.others + 1 } : trouble);
  }
  const rank = ({ health }: Trouble): number => healthOrder.indexOf(health.state);
  return [...first.values()].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

function ofServer({ uid, name }: Server, health: Health): Trouble {
  const link: LinkProps = { to: '/servers/$name', params: { name } };
  return { key: uid, name, kind: 'Server', health, link, others: 0 };
}

function orphansOf(server: Server): Trouble {
  const count = countText(server.orphans.length, 'resource');
  const message = `It holds ${count} that this control plane does not know: decide whether they go on.`;
  const health: Health = { state: 'degraded', word: 'Orphans', reason: '', message, since: undefined };
  return { ...ofServer(server, health), key: `${server.uid} orphans` };
}

function ofResource(resource: Resource): Trouble {
  const name = nameOf(resource);
  return {
    key: resource.meta?.uid ?? '',
    name,
    kind: kindWord(resource.meta?.kind),
    health: resourceHealth(resource),
    link: resourceLink(resource.meta?.kind, name),
    others: 0,
  };
}

function ofRollout(rollout: Rollout): Trouble {
  const { uid, version } = rollout;
  const link: LinkProps = { to: '/agents/$uid', params: { uid } };
  return {
    key: uid,
    name: `Agents to ${version}`,
    kind: 'Rollout',
    health: rolloutHealth(rollout),
    link,
    others: 0,
  };
}
