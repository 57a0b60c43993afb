import { Metadata } from '@grpc/grpc-js';
import { TelemetryLaneService } from '@ostler/contracts';
import { type Clock, pause, Waker } from '@ostler/kernel';
import { AgentTelemetryLane, type LaneEnd, ReconnectDelay, type TelemetrySpool } from '@ostler/link-protocol';
import { GrpcLaneStream, methodDefinition } from '@ostler/link-protocol/grpc';
import type { Log } from '../telemetry';
import type { Dialer } from './dialer';

export interface TelemetryConnectionOptions {
  readonly spool: TelemetrySpool;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly log: Log;
}

const open = methodDefinition(TelemetryLaneService.method.open);

/** Keeps the telemetry lane up while there is something to send; without it there is no connection. */
export class TelemetryConnection {
  /** As the last welcome told it; none while there is no control lane. */
  windowBytes: number | undefined;
  private lane: AgentTelemetryLane | undefined;
  private readonly waker = new Waker();

  constructor(private readonly options: TelemetryConnectionOptions) {}

  poke(): void {
    if (this.lane) this.lane.poke();
    else this.waker.poke();
  }

  /** Dials again: who this server is has changed. */
  restart(): void {
    this.lane?.stop();
  }

  async run(signal: AbortSignal): Promise<void> {
    const delay = new ReconnectDelay();
    while (!signal.aborted) {
      // The window comes with a welcome: before it there is no control plane to send to.
      if (this.windowBytes === undefined || this.options.spool.pendingTelemetry(0n, 1 << 20).length === 0) {
        await this.waker.wait(signal);
        continue;
      }
      const end = await this.connect(signal);
      if (end.reason === 'STOPPED' || signal.aborted) continue;
      this.options.log.debug(`the telemetry lane ended: ${end.message}`, { reason: end.reason });
      await pause(this.options.clock, delay.afterMs(end), signal);
    }
  }

  private async connect(signal: AbortSignal): Promise<LaneEnd> {
    const client = this.options.dialer.open();
    const call = client.makeBidiStreamRequest(
      open.path,
      open.requestSerialize,
      open.responseDeserialize,
      new Metadata(),
    );
    const { spool, clock } = this.options;
    const { windowBytes } = this;
    const lane = new AgentTelemetryLane(new GrpcLaneStream(call), spool, { clock, windowBytes });
    const stop = (): void => lane.stop();
    signal.addEventListener('abort', stop, { once: true });
    this.lane = lane;
    try {
      return await lane.run();
    } finally {
      this.lane = undefined;
      signal.removeEventListener('abort', stop);
      client.close();
    }
  }
}
