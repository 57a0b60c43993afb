import type { Condition, PlacementStatus, Resource } from '@ostler/contracts';
import { ConditionStatus } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { adviceFor } from '../lib/advice';
import { countText } from '../lib/amounts';
import { type Health, healthOrder, placementHealth } from '../lib/health';
import { plainText } from '../lib/plain-text';
import { Button } from './button';
import { Section } from './page';
import { StatusText } from './status';
import { Time } from './time';

/** Above this many servers, those that come last in the order of trouble are shown when asked for. */
const SHOWN = 25;

/** Per server: what is so, since when, why, and what to do; trouble first. */
export function Conditions({ resource }: { resource: Resource }) {
  const [all, setAll] = useState(false);
  const rows = (resource.status?.placementStatuses ?? [])
    .map((placement) => ({ placement, health: placementHealth(placement) }))
    .sort(byTrouble);
  const count = `${resource.status?.placementsReady ?? 0} of ${resource.status?.placements ?? 0} ready`;
  const shown = all ? rows : rows.slice(0, SHOWN);
  return (
    <Section title="Servers" text={count} flush>
      {rows.length === 0 && (
        <p className="text-ink-2 px-4 py-5 text-sm">
          It is placed on no server. A site needs a server of its name or label; a certificate is placed where
          a site refers to it.
        </p>
      )}
      {rows.length > 0 && (
        <table className="block w-full text-sm lg:table">
          <thead className="text-ink-3 hidden text-left text-xs lg:table-header-group">
            <tr className="border-line border-b">
              <Head className="w-52">Server</Head>
              <Head className="w-32">State</Head>
              <Head className="w-28">Since</Head>
              <Head>Why, and what to do</Head>
              <Head className="w-32 text-right">Reported</Head>
            </tr>
          </thead>
          <tbody className="divide-line block divide-y lg:table-row-group">
            {shown.map(({ placement, health }) => (
              <PlacementRow
                key={placement.serverUid}
                placement={placement}
                health={health}
                generation={resource.meta?.generation ?? 0n}
              />
            ))}
          </tbody>
        </table>
      )}
      {shown.length < rows.length && (
        <div className="border-line border-t px-4 py-2">
          <Button look="quiet" onClick={() => setAll(true)}>
            Show the other {countText(rows.length - shown.length, 'server')}
          </Button>
        </div>
      )}
    </Section>
  );
}

interface Row {
  readonly placement: PlacementStatus;
  readonly health: Health;
}

function byTrouble(a: Row, b: Row): number {
  const order = healthOrder.indexOf(a.health.state) - healthOrder.indexOf(b.health.state);
  return order || a.placement.serverName.localeCompare(b.placement.serverName);
}

function Head({ children, className = '' }: { children: string; className?: string }) {
  return (
    <th scope="col" className={`px-4 py-1.5 font-medium ${className}`}>
      {children}
    </th>
  );
}

const cell = 'align-top lg:table-cell lg:px-4 lg:py-2';

function PlacementRow({ placement, health, generation }: Row & { generation: bigint }) {
  const told = placement.conditions.filter(isTold);
  const isBehind = placement.observedGeneration < generation && !placement.removing;
  return (
    <tr className="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 px-4 py-2.5 lg:table-row lg:p-0">
      <th scope="row" className={`${cell} basis-full text-left font-medium sm:basis-44`}>
        <Link
          to="/servers/$name"
          params={{ name: placement.serverName }}
          className="break-all hover:underline"
        >
          {placement.serverName}
        </Link>
      </th>
      <td className={cell}>
        <StatusText health={health} />
        {isBehind && (
          <span className="text-ink-3 block text-xs">
            {placement.observedGeneration === 0n
              ? 'nothing applied yet'
              : `at generation ${placement.observedGeneration}`}
          </span>
        )}
      </td>
      <td className={`${cell} text-ink-2`}>
        <span className="text-ink-3 lg:hidden">since </span>
        <Time at={health.since} empty="" />
      </td>
      <td className={`${cell} order-last min-w-0 basis-full`}>
        {placement.stale && (
          <p className="text-ink-2">The server is not connected. What follows is the last that it said.</p>
        )}
        {told.map((condition) => (
          <ConditionLine key={condition.type} condition={condition} alone={told.length === 1} />
        ))}
      </td>
      <td className={`${cell} text-ink-3 text-xs sm:ml-auto lg:text-right`}>
        <span className="lg:hidden">reported </span>
        <Time at={placement.reportedAt} empty="never" />
      </td>
    </tr>
  );
}

/** Ready says itself when it is true; the others only when they are. */
function isTold({ type, status }: Condition): boolean {
  return type === 'Ready' || status === ConditionStatus.TRUE;
}

function ConditionLine({ condition, alone }: { condition: Condition; alone: boolean }) {
  const isFine = condition.type === 'Ready' && condition.status === ConditionStatus.TRUE;
  const advice = isFine ? undefined : adviceFor(condition.reason);
  return (
    <div className="mb-1 last:mb-0">
      <p className={`break-words ${isFine ? 'text-ink-2' : ''}`}>
        <bdi>{plainText(condition.message) || condition.reason}</bdi>{' '}
        <span className="text-ink-3 text-xs">
          {isFine ? condition.reason : <ReasonLink reason={condition.reason} />}
          {!alone && (
            <>
              {' · '}
              <Time at={condition.lastTransitionAt} empty="" />
            </>
          )}
        </span>
      </p>
      {advice && <p className="text-ink-2 text-xs">What to do: {advice}</p>}
    </div>
  );
}

/** Every reason has an entry in the documentation, which this control plane serves. */
function ReasonLink({ reason }: { reason: string }) {
  return (
    <a
      href={`/docs/troubleshooting/conditions#${reason.toLowerCase()}`}
      target="_blank"
      rel="noreferrer"
      title="What this means"
      className="underline underline-offset-2"
    >
      {reason}
    </a>
  );
}
