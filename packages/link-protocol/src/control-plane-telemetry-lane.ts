import { create } from '@bufbuild/protobuf';
import {
  type TelemetryAcknowledgement,
  TelemetryAcknowledgementSchema,
  type TelemetryFrame,
} from '@ostler/contracts';
import { type Clock, messageOf } from '@ostler/kernel';
import { telemetryBytes } from './agent-telemetry-lane';
import type { LaneEnd } from './lane-end';
import type { LaneStream } from './lane-stream';
import { type IsPassing, persist } from './persist';
import { TELEMETRY_WINDOW_BYTES } from './timing';

export interface ControlPlaneTelemetryLaneOptions {
  readonly clock: Clock;
  readonly windowBytes?: number;
  readonly invalid?: (frame: TelemetryFrame) => string | undefined;
  readonly warn?: (line: string, error: unknown) => void;
  readonly isPassing?: IsPassing;
}

/**
 * The control plane's end of the telemetry lane: gathers what has come while the last commit ran, commits
 * it in one transaction, then acknowledges its highest sequence. A batch that was committed before (its
 * acknowledgement was lost) is committed again: `commit` must not make it twice.
 */
export class ControlPlaneTelemetryLane {
  private queue: TelemetryFrame[] = [];
  private queuedBytes = 0;
  private committing = false;
  private committed = 0n;
  private lastSequence = 0n;
  private ended = false;
  private readonly life = new AbortController();
  private readonly end = Promise.withResolvers<LaneEnd>();

  constructor(
    private readonly stream: LaneStream<TelemetryFrame, TelemetryAcknowledgement>,
    private readonly commit: (frames: readonly TelemetryFrame[]) => Promise<void>,
    private readonly options: ControlPlaneTelemetryLaneOptions,
  ) {}

  run(): Promise<LaneEnd> {
    this.stream.listen({
      frame: (frame) => this.receive(frame),
      drained: () => undefined,
      ended: (cause) => this.finish('LOST', cause),
    });
    return this.end.promise;
  }

  stop(): void {
    this.finish('STOPPED', 'The control plane ends the lane.');
  }

  private receive(frame: TelemetryFrame): void {
    if (this.ended) return;
    const wrong = this.options.invalid?.(frame) ?? this.breachOf(frame);
    if (wrong) return this.finish('PROTOCOL', `The agent broke the protocol: ${wrong}.`);
    this.lastSequence = frame.sequence;
    this.queue.push(frame);
    this.queuedBytes += telemetryBytes(frame);
    if (!this.committing) void this.commitAll();
  }

  private breachOf(frame: TelemetryFrame): string | undefined {
    const windowBytes = this.options.windowBytes ?? TELEMETRY_WINDOW_BYTES;
    if (frame.sequence <= this.lastSequence) return 'its sequence went back';
    // One batch more than the window: the agent counts before it sends.
    if (this.queuedBytes > windowBytes + MOST_BATCH_BYTES) return 'it sent more than the window';
    return undefined;
  }

  private async commitAll(): Promise<void> {
    this.committing = true;
    try {
      while (this.queue.length > 0 && !this.ended) await this.commitQueue();
    } catch (error) {
      if (!this.ended) this.options.warn?.('Telemetry could not be committed.', error);
      this.finish('PROTOCOL', messageOf(error));
    } finally {
      this.committing = false;
    }
  }

  private async commitQueue(): Promise<void> {
    const frames = this.queue;
    this.queue = [];
    const { clock, isPassing } = this.options;
    await persist(clock, this.life.signal, () => this.commit(frames), isPassing);
    for (const frame of frames) this.queuedBytes -= telemetryBytes(frame);
    this.committed = frames.at(-1)!.sequence;
    if (this.ended) return;
    this.stream.send(create(TelemetryAcknowledgementSchema, { sequence: this.committed }));
  }

  private finish(reason: LaneEnd['reason'], message: string): void {
    if (this.ended) return;
    this.ended = true;
    this.life.abort();
    if (reason === 'STOPPED' || reason === 'PROTOCOL') this.stream.end();
    else this.stream.destroy();
    this.end.resolve({ reason, message, welcomed: this.committed > 0n });
  }
}

const MOST_BATCH_BYTES = 64 * 1024 + 64;
