import { Server_State } from '@ostler/contracts';

/** Without a frame for this long nobody knows. The same as the lanes' time of death. */
export const UNKNOWN_AFTER_MS = 25_000;
export const DOWN_AFTER_MS = 90_000;
const FLAP_WINDOW_MS = 300_000;
const FLAP_RECONNECTS = 3;
const STABLE_AFTER_MS = 60_000;

/**
 * What one server's frames say about it. The state is computed from the last frame, so that a lane which
 * is replaced within seconds changes nothing for people.
 *
 *   joined --frame--> connected --25 s silent--> unknown --90 s silent--> down
 *                        ^   |                      |                      |
 *                        |   '-- 3 reconnects in 5 min: unknown until 60 s stable; after an end in order it is none
 *                        '------------------- frame ------------------------'
 */
export class ServerPulse {
  private connects: number[] = [];
  private lane = false;
  private everConnected = false;

  /** `lastFrameMs` undefined: it never spoke. All times are monotonic milliseconds. */
  constructor(private lastFrameMs: number | undefined) {}

  connected(nowMs: number): void {
    this.connects = [...this.connects.filter((atMs) => nowMs - atMs < FLAP_WINDOW_MS), nowMs];
    this.lane = true;
    this.everConnected = true;
    this.lastFrameMs = nowMs;
  }

  frame(nowMs: number): void {
    this.lastFrameMs = nowMs;
  }

  /** `inOrder`: the agent was stopped, started again or updated. Its network has nothing to do with it. */
  disconnected(inOrder = false): void {
    this.lane = false;
    if (inOrder) this.connects.pop();
  }

  /** True when its lane was ever here. */
  get wasConnected(): boolean {
    return this.everConnected;
  }

  get hasLane(): boolean {
    return this.lane;
  }

  get seenMs(): number | undefined {
    return this.lastFrameMs;
  }

  state(nowMs: number): Server_State {
    if (this.lastFrameMs === undefined) return Server_State.JOINED;
    const silentMs = nowMs - this.lastFrameMs;
    if (silentMs >= DOWN_AFTER_MS) return Server_State.DOWN;
    if (silentMs >= UNKNOWN_AFTER_MS || this.flaps(nowMs)) return Server_State.UNKNOWN;
    return Server_State.CONNECTED;
  }

  private flaps(nowMs: number): boolean {
    const recent = this.connects.filter((atMs) => nowMs - atMs < FLAP_WINDOW_MS);
    const last = recent.at(-1);
    // The first connect of the window is no reconnect.
    return last !== undefined && recent.length > FLAP_RECONNECTS && nowMs - last < STABLE_AFTER_MS;
  }
}
