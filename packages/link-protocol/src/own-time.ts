import { type Timestamp, timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';

/** Less than this is the way of the frame and no wrong clock. */
const LEAST_SKEW_MS = 1000;

/**
 * A moment that the control plane names by its clock, as the agent's own clock will show it: a server whose clock is a
 * day ahead would let every operation expire at once. `skewMs` is the agent's clock minus the control plane's.
 */
export function toOwnTime(moment: Timestamp | undefined, skewMs: number): Timestamp | undefined {
  if (!moment || Math.abs(skewMs) < LEAST_SKEW_MS) return moment;
  return timestampFromMs(timestampMs(moment) + skewMs);
}
