import type { Server } from '@ostler/contracts';
import type { LinkProps } from '@tanstack/react-router';
import { type HealthState, healthOrder, serverHealth } from '../../lib/health';

/** Servers that belong together, and how they are. */
export interface HealthGroup {
  readonly name: string;
  readonly link: LinkProps;
  readonly states: readonly HealthState[];
  readonly placements: number;
  readonly placementsReady: number;
}

/** Grouped by server, each is a group of its own. */
export const BY_SERVER = '';

/** Keys that labels have, the one on most servers first. */
export function labelKeysOf(servers: readonly Server[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { labels } of servers) {
    for (const key of Object.keys(labels)) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort(([a, x], [b, y]) => y - x || a.localeCompare(b)).map(([key]) => key);
}

/** Servers by the value of a label, or one by one; what is worst first. */
export function groupHealth(servers: readonly Server[], key: string): readonly HealthGroup[] {
  const groups = Map.groupBy(servers, (server) => (key === BY_SERVER ? server.name : labelText(server, key)));
  return [...groups]
    .map(([name, members]) => ({ name, link: linkOf(key, name), ...totalsOf(members) }))
    .sort((a, b) => worstOf(a) - worstOf(b) || a.name.localeCompare(b.name));
}

const WITHOUT = 'without';

function labelText({ labels }: Server, key: string): string {
  const value = labels[key];
  if (value === undefined) return WITHOUT;
  return value === '' ? key : `${key}=${value}`;
}

function linkOf(key: string, name: string): LinkProps {
  if (key === BY_SERVER) return { to: '/servers/$name', params: { name } } as LinkProps;
  return { to: '/servers', search: name === WITHOUT ? {} : { q: `label:${name}` } };
}

function totalsOf(members: readonly Server[]) {
  const sum = (of: (server: Server) => number): number => members.reduce((all, one) => all + of(one), 0);
  return {
    states: members.map((server) => serverHealth(server).state),
    placements: sum(({ placements }) => placements),
    placementsReady: sum(({ placementsReady }) => placementsReady),
  };
}

/** First by the worst server, then by what is placed there and not ready. */
function worstOf({ states, placements, placementsReady }: HealthGroup): number {
  const worst = Math.min(...states.map((state) => healthOrder.indexOf(state)));
  return worst * 2 + (placementsReady < placements ? 0 : 1);
}
