/** Moments and limits of the lanes. Tests shorten the moments; nothing else does. */
export interface LaneTiming {
  /** A heartbeat is sent when nothing else was for this long. */
  readonly heartbeatIntervalMs: number;
  /** After this long without a frame the peer is dead. */
  readonly deadAfterMs: number;
  /** How long an opened lane may take to say hello, or to answer it. */
  readonly greetingMs: number;
}

export const laneTiming: LaneTiming = {
  heartbeatIntervalMs: 10_000,
  deadAfterMs: 25_000,
  greetingMs: 10_000,
};

/** Most bytes of data in one frame. */
export const PIECE_BYTES = 256 * 1024;
/** Bytes of body pieces that may be on their way to an agent: four pieces keep a connection busy. */
export const BODY_WINDOW_BYTES = 4 * PIECE_BYTES;
/** Most bytes of one body (1 MiB of spec, with room for its envelope). */
export const MOST_BODY_BYTES = 1024 * 1024 + 4096;
/** Most bytes of an index: 5,000 entries of at most 1 KiB. */
export const MOST_INDEX_BYTES = 5 * 1024 * 1024;
/** Most hashes in one NeedBodies. */
export const MOST_WANTED = 5001;
/** Most bytes of unacknowledged telemetry. */
export const TELEMETRY_WINDOW_BYTES = 512 * 1024;
/** A status report stays below this, so that it never holds up the lane. */
export const MOST_STATUS_BYTES = 1024 * 1024;
