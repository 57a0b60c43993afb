import { useLiveState } from '../api/live';
import { absoluteText, spanText } from '../lib/time';
import { useNow } from '../lib/use-now';

/** A short cut is no news: connections come and go. */
const SHOWN_AFTER_MS = 5_000;

/** Says over the page that what it shows is old, how old, and when the next try is. */
export function StaleBar() {
  const { phase, offlineSince, retryAt, error, reconnect } = useLiveState();
  const now = useNow();
  if (phase === 'live' || phase === 'stopped' || offlineSince === undefined) return null;
  if (now - offlineSince < SHOWN_AFTER_MS) return null;
  const next =
    retryAt === undefined ? 'Connecting' : `Reconnecting in ${spanText(Math.max(0, retryAt - now))}`;
  return (
    <div
      data-stale
      className="bg-sunken border-line text-ink-2 flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-1.5 text-xs"
    >
      <span className="text-ink font-medium">What you see is from {absoluteText(offlineSince)}.</span>
      <span>{error?.message ?? 'The control plane was silent for too long.'}</span>
      <span className="tabular-nums">{next}.</span>
      <button type="button" onClick={reconnect} className="text-ink underline underline-offset-2">
        Try now
      </button>
    </div>
  );
}
