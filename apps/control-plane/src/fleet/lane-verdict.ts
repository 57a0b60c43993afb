/** What the database says of a server's holds. */
export interface Decided {
  readonly held: boolean;
  /** A hello must be above it. */
  readonly counter: bigint;
  /** Its key was copied: whoever goes on is to make another one. */
  readonly rekeying: boolean;
}

export interface JudgedLane {
  readonly counter: bigint;
  readonly isHeld: boolean;
}

/**
 * What becomes of a lane after an operator may have decided. A counter above the one of the database was taken back
 * by a decision: whoever was let in with it is the copy, and whoever was held with it is the server. A copy is told to
 * forget who it is only when two were decided about, which is when another key is wanted; everybody else comes again
 * and is judged anew. Pure.
 */
export function laneVerdict(decided: Decided, lane: JudgedLane): 'stays' | 'again' | 'copy' {
  const isAbove = lane.counter > decided.counter;
  if (lane.isHeld ? decided.held : !isAbove) return 'stays';
  return decided.rekeying && lane.isHeld !== isAbove ? 'copy' : 'again';
}
