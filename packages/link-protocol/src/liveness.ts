import type { Clock, Timer } from '@ostler/kernel';
import type { LaneTiming } from './timing';

interface LivenessEvents {
  /** Nothing was sent for the interval: send a heartbeat. */
  heartbeat(sequence: bigint): void;
  /** Nothing came for too long. */
  dead(): void;
}

/**
 * Tells when to send a heartbeat and when the peer is dead; the same on both ends. A timer that fires
 * late means that this process slept: the frames of that time may lie unread, so the peer gets a second.
 */
export class Liveness {
  private lastSentMs: number;
  private lastReceivedMs: number;
  private sequence = 0n;
  private timer: Timer | undefined;
  private held = false;

  constructor(
    private readonly clock: Clock,
    private timing: Pick<LaneTiming, 'heartbeatIntervalMs' | 'deadAfterMs'>,
    private readonly events: LivenessEvents,
  ) {
    this.lastSentMs = this.lastReceivedMs = clock.monotonic();
    this.arm();
  }

  sent(): void {
    this.lastSentMs = this.clock.monotonic();
  }

  received(): void {
    this.lastReceivedMs = this.clock.monotonic();
  }

  /** While this side does not read, silence says nothing about the peer. */
  hold(held: boolean): void {
    this.held = held;
    this.received();
  }

  /** Takes the moments of the welcome. */
  retime(timing: Pick<LaneTiming, 'heartbeatIntervalMs' | 'deadAfterMs'>): void {
    this.timing = timing;
    this.arm();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private arm(): void {
    this.timer?.cancel();
    const dueMs = Math.min(
      this.lastSentMs + this.timing.heartbeatIntervalMs,
      this.held ? Infinity : this.lastReceivedMs + this.timing.deadAfterMs,
    );
    this.timer = this.clock.after(Math.max(0, dueMs - this.clock.monotonic()), () => this.tick(dueMs));
  }

  private tick(dueMs: number): void {
    const nowMs = this.clock.monotonic();
    if (nowMs - dueMs > LATE_MS) {
      this.lastReceivedMs = Math.max(this.lastReceivedMs, nowMs - this.timing.deadAfterMs + LATE_MS);
    }
    if (!this.held && nowMs - this.lastReceivedMs >= this.timing.deadAfterMs) {
      this.stop();
      this.events.dead();
      return;
    }
    if (nowMs - this.lastSentMs >= this.timing.heartbeatIntervalMs) {
      this.lastSentMs = nowMs;
      this.events.heartbeat(++this.sequence);
    }
    if (this.timer) this.arm();
  }
}

const LATE_MS = 1000;
