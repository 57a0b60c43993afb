import type { Server } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Section } from '../../components/page';
import { StatusShape } from '../../components/status';
import { countText } from '../../lib/amounts';
import { countHealth, healthOrder } from '../../lib/health';
import { BY_SERVER, groupHealth, type HealthGroup, labelKeysOf } from './group-health';
import { HealthBar } from './health-bar';

const MOST_SHOWN = 10;
const MOST_KEYS = 4;

/** How the fleet is, server by server or by a label; the worst first. */
export function FleetHealth({ servers }: { servers: readonly Server[] }) {
  const keys = useMemo(() => labelKeysOf(servers).slice(0, MOST_KEYS), [servers]);
  const [chosen, setChosen] = useState<string>();
  const key = chosen ?? keys[0] ?? BY_SERVER;
  const groups = useMemo(() => groupHealth(servers, key), [servers, key]);
  if (servers.length < 2) return null;
  return (
    <Section
      title="Fleet"
      flush
      actions={
        <div role="group" aria-label="Group by" className="flex flex-wrap gap-1">
          {[...keys, BY_SERVER].map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === key}
              onClick={() => setChosen(one)}
              title={one}
              className={`h-6 max-w-32 truncate rounded-full border px-2 text-xs ${one === key ? 'border-accent bg-accent-soft text-ink font-semibold' : 'border-line text-ink-2 hover:bg-hover'}`}
            >
              {one === BY_SERVER ? 'by server' : one}
            </button>
          ))}
        </div>
      }
    >
      <ul className="divide-line divide-y">
        {groups.slice(0, MOST_SHOWN).map((group) => (
          <GroupRow key={group.name} group={group} />
        ))}
      </ul>
      {groups.length > MOST_SHOWN && (
        <p className="text-ink-3 border-line border-t px-4 py-2 text-xs">
          and {groups.length - MOST_SHOWN} more in{' '}
          <Link to="/servers" className="link">
            Servers
          </Link>
        </p>
      )}
    </Section>
  );
}

function GroupRow({ group: { name, link, states, placements, placementsReady } }: { group: HealthGroup }) {
  const counts = countHealth(states);
  const worst = healthOrder.find((state) => counts[state] > 0) ?? 'unknown';
  return (
    <li className="hover:bg-hover relative grid grid-cols-[auto_minmax(0,1fr)_3.5rem_auto] items-center gap-x-3 px-4 py-2 text-sm sm:grid-cols-[auto_minmax(0,1fr)_minmax(4rem,10rem)_11rem]">
      <StatusShape state={worst} className="size-2.5!" />
      <Link
        {...link}
        className="truncate font-medium [unicode-bidi:isolate] after:absolute after:inset-0 hover:underline"
      >
        {name}
      </Link>
      <HealthBar states={states} />
      <span className="text-ink-2 text-right text-xs">
        {states.length > 1 && (
          <span className="hidden sm:inline">{countText(states.length, 'server')}, </span>
        )}
        {placementsReady} of {placements} ready
      </span>
    </li>
  );
}
