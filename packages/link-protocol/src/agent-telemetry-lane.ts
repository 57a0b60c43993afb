import type { TelemetryAcknowledgement, TelemetryFrame } from '@ostler/contracts';
import type { Clock, Timer } from '@ostler/kernel';
import type { LaneEnd } from './lane-end';
import type { LaneStream } from './lane-stream';
import { laneTiming, TELEMETRY_WINDOW_BYTES } from './timing';

/** The agent's spool: it keeps batches until they are acknowledged. */
export interface TelemetrySpool {
  /** Batches after the sequence, at most `mostBytes`. */
  pendingTelemetry(afterSequence: bigint, mostBytes: number): TelemetryFrame[];
  acknowledgeTelemetry(sequence: bigint): void;
}

export interface AgentTelemetryLaneOptions {
  readonly clock: Clock;
  readonly windowBytes?: number;
  /** Without an acknowledgement for this long the peer is dead. */
  readonly deadAfterMs?: number;
  /** With nothing to send for this long the lane ends; the next poke opens another. */
  readonly idleMs?: number;
}

/**
 * The agent's end of the telemetry lane. It begins with the oldest batch that was never acknowledged and
 * keeps at most a window on its way; the spool forgets only what the control plane has committed.
 *
 *   idle --poke--> sending --window full--> waiting --acknowledged--> sending ... --all acknowledged--> idle
 */
export class AgentTelemetryLane {
  private readonly inFlight: { readonly sequence: bigint; readonly bytes: number }[] = [];
  private inFlightBytes = 0;
  private sentUpTo = 0n;
  private timer: Timer | undefined;
  private ended = false;
  private progressed = false;
  private readonly end = Promise.withResolvers<LaneEnd>();

  constructor(
    private readonly stream: LaneStream<TelemetryAcknowledgement, TelemetryFrame>,
    private readonly spool: TelemetrySpool,
    private readonly options: AgentTelemetryLaneOptions,
  ) {}

  run(): Promise<LaneEnd> {
    this.stream.listen({
      frame: (acknowledgement) => this.acknowledged(acknowledgement.sequence),
      drained: () => this.poke(),
      ended: (cause) => this.finish('LOST', cause),
    });
    this.watch();
    this.poke();
    return this.end.promise;
  }

  poke(): void {
    if (this.ended) return;
    const windowBytes = this.options.windowBytes ?? TELEMETRY_WINDOW_BYTES;
    const frames = this.spool.pendingTelemetry(this.sentUpTo, windowBytes - this.inFlightBytes);
    const wasIdle = this.inFlight.length === 0;
    for (const frame of frames) {
      const bytes = telemetryBytes(frame);
      this.inFlight.push({ sequence: frame.sequence, bytes });
      this.inFlightBytes += bytes;
      this.sentUpTo = frame.sequence;
      if (!this.stream.send(frame)) break;
    }
    if (wasIdle && this.inFlight.length > 0) this.watch();
  }

  stop(): void {
    this.finish('STOPPED', 'The agent ends the lane.');
  }

  private acknowledged(sequence: bigint): void {
    if (this.ended) return;
    if (sequence > this.sentUpTo) {
      return this.finish('PROTOCOL', 'The control plane acknowledged what was not sent.');
    }
    while (this.inFlight[0] && this.inFlight[0].sequence <= sequence) {
      this.inFlightBytes -= this.inFlight.shift()!.bytes;
    }
    this.progressed = true;
    this.spool.acknowledgeTelemetry(sequence);
    this.watch();
    this.poke();
  }

  /** One timer: for the acknowledgement while something is on its way, else for idleness. */
  private watch(): void {
    this.timer?.cancel();
    const { clock, deadAfterMs = laneTiming.deadAfterMs, idleMs = IDLE_MS } = this.options;
    const busy = this.inFlight.length > 0;
    this.timer = clock.after(busy ? deadAfterMs : idleMs, () =>
      busy ? this.finish('DEAD', 'No acknowledgement came.') : this.finish('STOPPED', 'Nothing to send.'),
    );
  }

  private finish(reason: LaneEnd['reason'], message: string): void {
    if (this.ended) return;
    this.ended = true;
    this.timer?.cancel();
    if (reason === 'STOPPED') this.stream.end();
    else this.stream.destroy();
    this.end.resolve({ reason, message, welcomed: this.progressed });
  }
}

const IDLE_MS = 60_000;

/** What a batch counts against the window. */
export function telemetryBytes(frame: TelemetryFrame): number {
  return frame.batch.case === 'output' ? frame.batch.value.data.length + OVERHEAD : OVERHEAD;
}

const OVERHEAD = 64;
