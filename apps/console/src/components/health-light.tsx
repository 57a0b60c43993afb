import { adviceFor } from '../lib/advice';
import type { Health } from '../lib/health';
import { plainText } from '../lib/plain-text';
import { Hint } from './hint';
import { StatusBadge, StatusText } from './status';
import { Time } from './time';

/** State and word in a list; the pointer on it says why, since when, and what to do. */
export function HealthLight({ health }: { health: Health }) {
  return (
    <Hint text={<Why health={health} />}>
      <span>
        <StatusText health={health} />
      </span>
    </Hint>
  );
}

/** The same at the head of a page, in reach of the keyboard too. */
export function HealthBadge({ health }: { health: Health }) {
  return (
    <Hint text={<Why health={health} />}>
      <span tabIndex={0} className="rounded-full">
        <StatusBadge health={health} />
      </span>
    </Hint>
  );
}

function Why({ health }: { health: Health }) {
  const advice = health.state === 'ready' ? undefined : adviceFor(health.reason);
  return (
    <>
      <span className="block break-words">{plainText(health.message)}</span>
      {health.since && (
        <span className="block opacity-80">
          since <Time at={health.since} />
        </span>
      )}
      {advice && <span className="mt-1 block">What to do: {advice}</span>}
    </>
  );
}
