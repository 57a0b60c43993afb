import { countHealth, healthOrder, type HealthState } from '../../lib/health';

const grounds: Readonly<Record<HealthState, string>> = {
  ready: 'bg-ready',
  progressing: 'bg-progressing',
  degraded: 'bg-degraded',
  failed: 'bg-failed',
  unknown: 'bg-unknown',
};

/** How many of each state, as a picture of the words beside it. */
export function HealthBar({
  states,
  className = '',
}: {
  states: readonly HealthState[];
  className?: string;
}) {
  const counts = countHealth(states);
  const shown = healthOrder.filter((state) => counts[state] > 0).toReversed();
  return (
    <div aria-hidden className={`bg-hover flex h-1.5 gap-px overflow-hidden rounded-full ${className}`}>
      {shown.map((state) => (
        <span
          key={state}
          className={grounds[state]}
          style={{ width: `${(counts[state] / states.length) * 100}%` }}
        />
      ))}
    </div>
  );
}
