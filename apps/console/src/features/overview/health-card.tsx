import { Link } from '@tanstack/react-router';
import { StatusShape } from '../../components/status';
import { countHealth, healthOrder, type HealthState } from '../../lib/health';
import { HealthBar } from './health-bar';

/** How many there are, and in which state. */
export function HealthCard({
  title,
  to,
  states,
  names = {},
}: {
  title: string;
  to: '/servers' | '/sites' | '/certificates';
  states: readonly HealthState[];
  names?: Partial<Record<HealthState, string>>;
}) {
  const counts = countHealth(states);
  const shown = healthOrder.filter((state) => counts[state] > 0);
  return (
    <section className="card p-4">
      <div className="flex items-baseline justify-between">
        <h2 className="text-ink-2 text-sm font-medium">
          <Link to={to} className="hover:text-ink hover:underline">
            {title}
          </Link>
        </h2>
        <span className="text-xl font-semibold">{states.length}</span>
      </div>
      <HealthBar states={states} className="my-3" />
      <ul className="flex min-h-5 flex-wrap gap-x-4 gap-y-1 text-xs">
        {shown.length === 0 && <li className="text-ink-3">none yet</li>}
        {shown.map((state) => (
          <li key={state} data-health={state}>
            <Link
              to={to}
              search={{ q: `state:${state}` }}
              className="text-ink-2 hover:text-ink inline-flex min-h-6 items-center gap-1.5"
            >
              <StatusShape state={state} className="size-2.5!" />
              <span className="text-ink font-semibold">{counts[state]}</span> {names[state] ?? state}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
