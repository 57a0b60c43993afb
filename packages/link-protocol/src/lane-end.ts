/**
 * How a lane ended.
 * LOST: the transport ended. LEFT: the other side ended the lane in order. DEAD: no frame for too long. GO_AWAY: the control plane said so.
 * PROTOCOL: the peer broke the rules of the lane. STOPPED: this side wanted it.
 */
export interface LaneEnd {
  readonly reason: 'LOST' | 'LEFT' | 'DEAD' | 'GO_AWAY' | 'PROTOCOL' | 'STOPPED';
  readonly message: string;
  /** True when the lane ever ran: the next attempt begins with a short delay. */
  readonly welcomed: boolean;
  /** Told by the control plane. */
  readonly goAway?: { readonly reason: GoAwayReason; readonly retryAfterMs: number };
}

/** The reasons of GoAway. HELD: an operator decided that this agent is a copy; it is to forget who it is. */
export type GoAwayReason = 'RESTARTING' | 'OVERLOADED' | 'REVOKED' | 'REPLACED' | 'PROTOCOL' | 'HELD';
