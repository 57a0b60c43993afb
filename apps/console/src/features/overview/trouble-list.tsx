import type { Resource, Server } from '@ostler/contracts';
import { Link, type LinkProps } from '@tanstack/react-router';
import { Section } from '../../components/page';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { type Health, healthOrder, resourceHealth, serverHealth } from '../../lib/health';
import { kindWord, nameOf, resourceLink } from '../../lib/kinds';

interface Trouble {
  readonly key: string;
  readonly name: string;
  readonly kind: string;
  readonly health: Health;
  readonly link: LinkProps;
  /** Others of the same kind with the same state for the same reason. */
  readonly others: number;
}

const MOST_SHOWN = 12;

/** Everything that is failed, degraded or unknown, worst first, once per reason. */
export function TroubleList({
  servers,
  resources,
}: {
  servers: readonly Server[];
  resources: readonly Resource[];
}) {
  const troubles = findTroubles(servers, resources);
  const count = troubles.reduce((sum, { others }) => sum + 1 + others, 0);
  return (
    <Section title="Needs attention" text={count === 0 ? undefined : `${count}`} flush>
      {troubles.length === 0 ? (
        <p className="text-ink-2 px-4 py-6 text-sm">
          {servers.length + resources.length === 0
            ? 'What fails, or is about to, is listed here.'
            : 'Nothing does. Every server is connected, every resource is ready.'}
        </p>
      ) : (
        <ul className="divide-line divide-y">
          {troubles.slice(0, MOST_SHOWN).map(({ key, name, kind, health, link, others }) => (
            <li key={key} className="hover:bg-hover relative px-4 py-2.5 text-sm">
              <div className="flex flex-wrap items-center gap-x-3">
                <StatusText health={health} />
                <Link
                  {...link}
                  className="min-w-0 font-medium break-all after:absolute after:inset-0 hover:underline"
                >
                  {name}
                </Link>
                {others > 0 && <span className="text-ink-2">and {others} more</span>}
                <span className="text-ink-3 text-xs">
                  {kind} · <Time at={health.since} empty="no report" />
                </span>
              </div>
              <p className="text-ink-2 mt-0.5 line-clamp-2 pl-[18px] text-xs break-words">{health.message}</p>
            </li>
          ))}
        </ul>
      )}
      {troubles.length > MOST_SHOWN && (
        <p className="text-ink-3 border-line border-t px-4 py-2 text-xs">
          and {troubles.length - MOST_SHOWN} more in the lists
        </p>
      )}
    </Section>
  );
}

function findTroubles(servers: readonly Server[], resources: readonly Resource[]): readonly Trouble[] {
  const all: Trouble[] = [
    ...servers.map((server) => ({
      key: server.uid,
      name: server.name,
      kind: 'Server',
      health: serverHealth(server),
      link: { to: '/servers/$name', params: { name: server.name } } as LinkProps,
      others: 0,
    })),
    ...resources.map((resource) => ({
      key: resource.meta?.uid ?? '',
      name: nameOf(resource),
      kind: kindWord(resource.meta?.kind),
      health: resourceHealth(resource),
      link: resourceLink(resource.meta?.kind, nameOf(resource)),
      others: 0,
    })),
  ];
  const first = new Map<string, Trouble>();
  for (const trouble of all.toSorted((a, b) => a.name.localeCompare(b.name))) {
    if (trouble.health.state === 'ready' || trouble.health.state === 'progressing') continue;
    const why = `${trouble.kind} ${trouble.health.word} ${trouble.health.message}`;
    const same = first.get(why);
    first.set(why, same ? { ...same, others: same.others + 1 } : trouble);
  }
  const rank = ({ health }: Trouble): number => healthOrder.indexOf(health.state);
  return [...first.values()].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}
