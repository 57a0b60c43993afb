/** What the database says of a server's holds. */
export interface Decided {
  readonly held: boolean;
  /** A hello must be above it. */
  readonly counter: bigint;
}

export interface JudgedLane {
  readonly counter: bigint;
  readonly isHeld: boolean;
}

/**
 * What becomes of a lane after an operator may have decided. A counter above the one of the database was taken back
 * by a decision: whoever was let in with it is the copy, and whoever was held with it is the server. Pure.
 */
export function laneVerdict(decided: Decided, lane: JudgedLane): 'stays' | 'again' | 'copy' {
  const isAbove = lane.counter > decided.counter;
  if (!lane.isHeld) return isAbove ? 'copy' : 'stays';
  if (decided.held) return 'stays';
  return isAbove ? 'again' : 'copy';
}
