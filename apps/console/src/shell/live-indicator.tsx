import { Bell, Pause, Play, RefreshCw } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useHold, useLiveState } from '../api/live';
import { Menu, type MenuItem } from '../components/menu';
import { StatusShape } from '../components/status';
import { useToasts } from '../components/toast';
import type { HealthState } from '../lib/health';
import { chooseNotices, noticesAreOn } from '../lib/notices';
import { absoluteText, spanText } from '../lib/time';
import { useNow } from '../lib/use-now';
import { useNewConsole } from './use-new-console';

const FinishedWork = lazy(() =>
  import('./finished-work').then(({ FinishedWork: component }) => ({ default: component })),
);

/** Whether what is shown is live, since when it is not, and what can be done about it. */
export function LiveIndicator() {
  const { phase, offlineSince, lastEventAt, retryAt, error } = useLiveState();
  const { isHeld, changes } = useHold();
  const now = useNow();
  const [state, word] = isHeld ? heldWord(changes()) : indication(phase, offlineSince, now);
  const age = lastEventAt === undefined ? 'No event yet.' : `Last word ${spanText(now - lastEventAt)} ago.`;
  const next = retryAt === undefined ? '' : ` Next try in ${spanText(Math.max(0, retryAt - now))}.`;
  const since =
    offlineSince === undefined ? '' : ` Since ${absoluteText(offlineSince)}: ${error?.message ?? ''}`;
  return (
    <>
      <Menu
        header={`${age}${since}${next}`}
        items={useItems()}
        trigger={
          <button
            type="button"
            data-live={phase}
            aria-label={`Live data: ${word}. ${age}`}
            className="text-ink-2 hover:bg-hover flex h-8 items-center gap-1.5 rounded-md px-2 text-xs whitespace-nowrap"
          >
            <StatusShape state={state} />
            <span role="status" className={state === 'ready' ? 'hidden sm:inline' : ''}>
              {word}
            </span>
          </button>
        }
      />
      <Suspense fallback={null}>
        <FinishedWork />
      </Suspense>
    </>
  );
}

function useItems(): readonly MenuItem[] {
  const { phase, reconnect } = useLiveState();
  const { isHeld, hold, changes } = useHold();
  const { say } = useToasts();
  const hasNewConsole = useNewConsole(phase);
  const [notices, setNotices] = useState(noticesAreOn);
  const waiting = isHeld && changes() > 0 ? `: ${changes()} changes wait` : '';
  const choose = async (): Promise<void> => {
    const refusal = await chooseNotices(!notices);
    if (refusal) say(refusal);
    setNotices(noticesAreOn());
  };
  const items: MenuItem[] = [
    isHeld
      ? { label: `Go on${waiting}`, icon: <Play className="size-4" />, onSelect: () => hold(false) }
      : { label: 'Pause this tab', icon: <Pause className="size-4" />, onSelect: () => hold(true) },
    {
      label: 'Reconnect now',
      icon: <RefreshCw className="size-4" />,
      onSelect: reconnect,
      refusal: phase === 'live' ? 'What is shown is live.' : undefined,
    },
    {
      label: 'Tell me when my work has ended',
      icon: <Bell className="size-4" />,
      checked: notices,
      onSelect: () => void choose(),
    },
  ];
  if (!hasNewConsole) return items;
  const reload = { label: 'Load the new console', icon: <RefreshCw className="size-4" /> };
  return [{ ...reload, onSelect: () => location.reload() }, ...items];
}

function heldWord(changes: number): readonly [HealthState, string] {
  return ['unknown', changes === 0 ? 'Paused' : `Paused, ${changes} wait`];
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
