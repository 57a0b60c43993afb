import { Metadata } from '@grpc/grpc-js';
import { ControlLaneService } from '@ostler/contracts';
import { type Clock, messageOf, pause } from '@ostler/kernel';
import {
  AgentControlLane,
  type AgentControlLaneOptions,
  type AgentIdentity,
  type LaneEnd,
  type LaneTiming,
  ReconnectDelay,
} from '@ostler/link-protocol';
import { GrpcLaneStream, methodDefinition } from '@ostler/link-protocol/grpc';
import type { Log } from '../telemetry';
import type { AgentCore } from './core.port';
import type { Dialer } from './dialer';

export interface ControlConnectionOptions {
  readonly core: AgentCore;
  readonly dialer: Dialer;
  readonly identity: AgentIdentity;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing?: LaneTiming;
  /** What the lane asks of this server's identity. */
  readonly trust: Required<Pick<AgentControlLaneOptions, TrustHooks>>;
  /** It is not known yet which of two keys is the one. */
  readonly hasTwoKeys: () => Promise<boolean>;
  /** An operator decided that this agent is a copy: it is to forget who it is, and stops. */
  readonly forgotten: (message: string) => Promise<void>;
  /** Before each attempt: renews what has expired. `failures` counts attempts without a welcome. */
  readonly prepare: (failures: number) => Promise<void>;
  /** After each attempt: there is no lane until the next one is welcomed. */
  readonly ended: () => void;
}

type TrustHooks = 'continuity' | 'refusesEpoch' | 'welcomed' | 'keepBundle' | 'rekey' | 'skewMs';

const open = methodDefinition(ControlLaneService.method.open);

/** Keeps one control lane up: dials, stays, waits with jitter or as long as it was told, dials again. */
export class ControlConnection {
  lane: AgentControlLane | undefined;

  constructor(private readonly options: ControlConnectionOptions) {}

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.options;
    const delay = new ReconnectDelay();
    let failures = 0;
    while (!signal.aborted) {
      const end = await this.attempt(failures, signal);
      this.options.ended();
      if (signal.aborted) return;
      if (end.goAway?.reason === 'HELD') return this.options.forgotten(end.message);
      failures = end.welcomed ? 0 : failures + 1;
      const afterMs = delay.afterMs(await this.unlessUnsettled(end));
      const fields = { reason: end.goAway?.reason ?? end.reason, retryAfterMs: afterMs };
      // The first failure is news, the hundredth is not.
      const say = failures > 3 ? log.debug.bind(log) : log.info.bind(log);
      say(`the control lane ended: ${end.message}`, fields);
      await pause(clock, afterMs, signal);
    }
  }

  /** Who is refused with the one of two keys may be let in with the other: that is not put off. */
  private async unlessUnsettled(end: LaneEnd): Promise<Pick<LaneEnd, 'welcomed' | 'goAway'>> {
    if (end.goAway?.reason !== 'REVOKED' || !(await this.options.hasTwoKeys())) return end;
    return { welcomed: end.welcomed };
  }

  private async attempt(failures: number, signal: AbortSignal): Promise<LaneEnd> {
    try {
      await this.options.prepare(failures);
      return await this.connect(signal);
    } catch (error) {
      return { reason: 'LOST', message: messageOf(error), welcomed: false };
    }
  }

  private async connect(signal: AbortSignal): Promise<LaneEnd> {
    const { core, dialer, identity, clock, log, timing, trust } = this.options;
    const client = dialer.open();
    const call = client.makeBidiStreamRequest(
      open.path,
      open.requestSerialize,
      open.responseDeserialize,
      new Metadata(),
    );
    const lane = new AgentControlLane(new GrpcLaneStream(call), core, {
      clock,
      identity,
      timing,
      ...trust,
      warn: (line, error) => log.warn(line, { error: messageOf(error) }),
    });
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
