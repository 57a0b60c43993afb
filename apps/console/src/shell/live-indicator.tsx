import { useLiveState } from '../api/live';
import { Hint } from '../components/hint';
import { StatusShape } from '../components/status';
import type { HealthState } from '../lib/health';
import { absoluteText, spanText } from '../lib/time';
import { useNow } from '../lib/use-now';

/** Whether what is shown is live, and since when it is not. */
export function LiveIndicator() {
  const { phase, offlineSince, lastEventAt, retryAt, error, reconnect } = useLiveState();
  const now = useNow();
  const [state, word] = indication(phase, offlineSince, now);
  const age = lastEventAt === undefined ? 'No event yet.' : `Last word ${spanText(now - lastEventAt)} ago.`;
  const next =
    retryAt === undefined ? '' : ` Next try in ${spanText(Math.max(0, retryAt - now))}. Press to try now.`;
  const since =
    offlineSince === undefined ? '' : ` Since ${absoluteText(offlineSince)}: ${error?.message ?? ''}`;
  return (
    <Hint text={`${age}${since}${next}`}>
      <button
        type="button"
        onClick={reconnect}
        data-live={phase}
        aria-label={`Live data: ${word}. ${age}`}
        className="text-ink-2 hover:bg-hover flex h-8 items-center gap-1.5 rounded-md px-2 text-xs whitespace-nowrap"
      >
        <StatusShape state={state} />
        <span role="status" className={state === 'ready' ? 'hidden sm:inline' : ''}>
          {word}
        </span>
      </button>
    </Hint>
  );
}

function indication(
  phase: string,
  offlineSince: number | undefined,
  now: number,
): readonly [HealthState, string] {
  if (phase === 'live') return ['ready', 'Live'];
  if (offlineSince === undefined) return ['progressing', 'Connecting'];
  const age = spanText(now - offlineSince);
  if (phase === 'stale') return ['degraded', `Stale, ${age}`];
  return ['failed', `Offline, ${age}`];
}
