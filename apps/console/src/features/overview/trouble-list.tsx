import type { Resource, Rollout, Server } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Section } from '../../components/page';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { findTroubles, type Trouble } from './find-troubles';

const MOST_SHOWN = 12;

/** Everything that is failed, degraded or unknown, worst first, once per reason. */
export function TroubleList({
  servers,
  resources,
  rollouts,
}: {
  servers: readonly Server[];
  resources: readonly Resource[];
  rollouts: readonly Rollout[];
}) {
  const troubles = useMemo(() => findTroubles(servers, resources, rollouts), [servers, resources, rollouts]);
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
                {others > 0 && <Others trouble={{ kind, health, others }} />}
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

const lists: Readonly<Record<string, '/servers' | '/sites' | '/certificates'>> = {
  Server: '/servers',
  Site: '/sites',
  Certificate: '/certificates',
};

/** Above the line's own link: it leads to all of the same state. */
function Others({
  trouble: { kind, health, others },
}: {
  trouble: Pick<Trouble, 'kind' | 'health' | 'others'>;
}) {
  const to = lists[kind];
  if (to === undefined) return <span className="text-ink-2">and {others} more</span>;
  return (
    <Link to={to} search={{ q: `state:${health.state}` }} className="link relative z-10">
      and {others} more
    </Link>
  );
}
