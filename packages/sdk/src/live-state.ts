import type { ExplainedError } from './explain-error';

/**
 * Where a live watch is.
 *
 *     connecting ──first event──▶ syncing ──synced──▶ live ──silence──▶ stale
 *         ▲                          │                  │                 │
 *         └────── back-off ────── waiting ◀─────── stream ends ───────────┘
 *
 * `stopped` is the end: the caller stopped it, or an error that waiting cannot heal (not signed in).
 */
export type LivePhase = 'connecting' | 'syncing' | 'live' | 'stale' | 'waiting' | 'stopped';

export interface LiveState {
  readonly phase: LivePhase;
  /** When the last event of any kind came, in milliseconds since 1970. */
  readonly lastEventAt: number | undefined;
  /** Since when what is shown may be old; undefined while live. */
  readonly offlineSince: number | undefined;
  /** Why the last stream ended. */
  readonly error: ExplainedError | undefined;
  /** When the next attempt begins, while waiting. */
  readonly retryAt: number | undefined;
}

export const idleLiveState: LiveState = {
  phase: 'connecting',
  lastEventAt: undefined,
  offlineSince: undefined,
  error: undefined,
  retryAt: undefined,
};
