import type { Condition, PlacementStatus, Resource } from '@ostler/contracts';
import { ConditionStatus } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { adviceFor } from '../lib/advice';
import { placementHealth } from '../lib/health';
import { Section } from './page';
import { StatusText } from './status';
import { Time } from './time';

/** Per server: what is so, since when, why, and what to do. */
export function Conditions({ resource }: { resource: Resource }) {
  const placements = [...(resource.status?.placementStatuses ?? [])].sort((a, b) =>
    a.serverName.localeCompare(b.serverName),
  );
  const count = `${resource.status?.placementsReady ?? 0} of ${resource.status?.placements ?? 0} ready`;
  return (
    <Section title="Servers" text={count} flush>
      {placements.length === 0 && (
        <p className="text-ink-2 px-4 py-5 text-sm">
          It is placed on no server. A site needs a server of its name or label; a certificate is placed where
          a site refers to it.
        </p>
      )}
      <ul className="divide-line divide-y">
        {placements.map((placement) => (
          <PlacementRow
            key={placement.serverUid}
            placement={placement}
            generation={resource.meta?.generation ?? 0n}
          />
        ))}
      </ul>
    </Section>
  );
}

function PlacementRow({ placement, generation }: { placement: PlacementStatus; generation: bigint }) {
  const health = placementHealth(placement);
  const isBehind = placement.observedGeneration < generation;
  return (
    <li className="grid gap-x-5 gap-y-1 px-4 py-2.5 text-sm lg:grid-cols-[12rem_8rem_minmax(0,1fr)]">
      <div className="min-w-0">
        <Link
          to="/servers/$name"
          params={{ name: placement.serverName }}
          className="block truncate font-medium hover:underline"
        >
          {placement.serverName}
        </Link>
        <span className="text-ink-3 text-xs">
          reported <Time at={placement.reportedAt} />
        </span>
      </div>
      <div>
        <StatusText health={health} />
        {isBehind && (
          <span className="text-ink-3 block text-xs">
            at generation {String(placement.observedGeneration)}
          </span>
        )}
      </div>
      <div className="min-w-0">
        {placement.stale && (
          <p className="text-ink-2">The server is not connected. What follows is the last that it said.</p>
        )}
        {placement.conditions.filter(isTold).map((condition) => (
          <ConditionLine key={condition.type} condition={condition} />
        ))}
      </div>
    </li>
  );
}

/** Ready says itself when it is true; the others only when they are. */
function isTold({ type, status }: Condition): boolean {
  return type === 'Ready' || status === ConditionStatus.TRUE;
}

function ConditionLine({ condition }: { condition: Condition }) {
  const isFine = condition.type === 'Ready' && condition.status === ConditionStatus.TRUE;
  const advice = isFine ? undefined : adviceFor(condition.reason);
  return (
    <div className="mb-1 last:mb-0">
      <p className={`break-words ${isFine ? 'text-ink-2' : ''}`}>
        {condition.message || condition.reason}{' '}
        <span className="text-ink-3 text-xs whitespace-nowrap">
          {condition.reason} · <Time at={condition.lastTransitionAt} empty="" />
        </span>
      </p>
      {advice && <p className="text-ink-2 text-xs">What to do: {advice}</p>}
    </div>
  );
}
