import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { absoluteText, millisOf, relativeText } from '../lib/time';
import { useNow } from '../lib/use-now';

/** A moment, relative to now; date, time and zone on hover. */
export function Time({ at, empty = 'never' }: { at: Timestamp | undefined; empty?: string }) {
  const now = useNow();
  const millis = millisOf(at);
  if (millis === undefined || millis === 0) return <span className="text-ink-3">{empty}</span>;
  return (
    <time
      dateTime={new Date(millis).toISOString()}
      title={absoluteText(millis)}
      className="whitespace-nowrap"
    >
      {relativeText(millis, now)}
    </time>
  );
}
