import { type Operation, type Rollout, Rollout_State } from '@ostler/contracts';
import { Link } from '@tanstack/react-router';
import { OperationRow } from '../../components/operation-row';
import { Section } from '../../components/page';
import { StatusText } from '../../components/status';
import { Time } from '../../components/time';
import { hasEnded, rolloutHealth } from '../../lib/health';

const MOST_SHOWN = 8;

/** Operations that run, and rollouts; nothing when nothing does. */
export function UnderWay({
  operations,
  rollouts,
}: {
  operations: readonly Operation[];
  rollouts: readonly Rollout[];
}) {
  const running = operations.filter((operation) => !hasEnded(operation));
  const rolling = rollouts.filter(
    ({ state }) => state === Rollout_State.RUNNING || state === Rollout_State.PAUSED,
  );
  if (running.length + rolling.length === 0) return null;
  return (
    <Section title="Running operations" flush>
      <ul className="divide-line divide-y">
        {rolling.map((rollout) => (
          <RolloutRow key={rollout.uid} rollout={rollout} />
        ))}
        {running.slice(0, MOST_SHOWN).map((operation) => (
          <OperationRow key={operation.uid} operation={operation} />
        ))}
      </ul>
      {running.length > MOST_SHOWN && (
        <p className="border-line border-t px-4 py-2 text-xs">
          <Link to="/operations" search={{ q: 'running:yes' }} className="link">
            All {running.length} that run
          </Link>
        </p>
      )}
    </Section>
  );
}

function RolloutRow({ rollout }: { rollout: Rollout }) {
  return (
    <li className="hover:bg-hover relative flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm">
      <StatusText health={rolloutHealth(rollout)} />
      <Link
        to="/agents/$uid"
        params={{ uid: rollout.uid }}
        className="font-medium after:absolute after:inset-0 hover:underline"
      >
        Agents to {rollout.version}
      </Link>
      <span className="text-ink-3 min-w-0 grow truncate text-xs">{rollout.message}</span>
      <span className="text-ink-3 text-xs">
        <Time at={rollout.createdAt} />
      </span>
    </li>
  );
}
