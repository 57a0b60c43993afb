import type { ServerDuplexStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { create } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import {
  type AgentFrame,
  AgentFrameSchema,
  type ControlPlaneFrame,
  ControlPlaneFrameSchema,
  GoAwaySchema,
  type TelemetryAcknowledgement,
  type TelemetryFrame,
  TelemetryFrameSchema,
} from '@ostler/contracts';
import { messageOf, systemClock } from '@ostler/kernel';
import {
  ControlPlaneControlLane,
  ControlPlaneTelemetryLane,
  type GoAwayReason,
  type LaneTiming,
} from '@ostler/link-protocol';
import { GrpcLaneStream } from '@ostler/link-protocol/grpc';
import { AuthorityService } from '../authority';
import { isDatabaseAway } from '../platform/db';
import { Log } from '../platform/log';
import { AgentCalls } from './agent-calls';
import { ChallengeRelay } from './challenge-relay';
import { ConnectedAgents } from './connected-agents';
import { ServerLaneHost } from './control-lane-host';
import { DevelopmentCertificates } from './development-certificates';
import { AgentFeatures, type AgentServer } from './features';
import { rulesOf } from './frame-rules';
import { type Admissions, HelloGate } from './hello-gate';

type ControlCall = ServerDuplexStream<AgentFrame, ControlPlaneFrame>;
type TelemetryCall = ServerDuplexStream<TelemetryFrame, TelemetryAcknowledgement>;

/** A removed server is not to knock every few seconds for ever. */
const REVOKED_RETRY_MS = 600_000;
const RESTART_RETRY_MS = 1000;

/** Opens the lanes of agents: who it is, then the state machine. */
@Injectable()
export class LanesRpc {
  /** Shortened by tests alone. */
  timing: LaneTiming | undefined;
  private readonly gate = new HelloGate();
  private readonly invalidControl = rulesOf(AgentFrameSchema);
  private readonly invalidTelemetry = rulesOf(TelemetryFrameSchema);

  constructor(
    private readonly calls: AgentCalls,
    private readonly features: AgentFeatures,
    private readonly agents: ConnectedAgents,
    private readonly certificates: DevelopmentCertificates,
    private readonly challenges: ChallengeRelay,
    private readonly authority: AuthorityService,
    private readonly log: Log,
  ) {}

  get admissions(): Admissions {
    return this.gate;
  }

  readonly control = {
    open: (call: ControlCall): void => {
      const stream = new GrpcLaneStream<AgentFrame, ControlPlaneFrame>(call);
      this.calls.server(call).then(
        (server) => (server ? this.runControl(server, stream) : stream.sendLast(revoked())),
        (error: unknown) => this.fail(call, error),
      );
    },
  };

  readonly telemetry = {
    open: (call: TelemetryCall): void => {
      const stream = new GrpcLaneStream<TelemetryFrame, TelemetryAcknowledgement>(call);
      this.openTelemetry(call, stream).catch((error: unknown) => this.fail(call, error));
    },
  };

  private runControl(server: AgentServer, stream: GrpcLaneStream<AgentFrame, ControlPlaneFrame>): void {
    const { features, agents, certificates, challenges, gate, timing, authority } = this;
    const services = { features, agents, certificates, challenges, gate, authority };
    const host = new ServerLaneHost(server, services);
    const lane = new ControlPlaneControlLane(stream, host, {
      clock: systemClock,
      timing,
      invalid: this.invalidControl,
      warn: (line, error) => this.log.warn(`${server.name}: ${line} ${messageOf(error)}`),
      isPassing: isDatabaseAway,
    });
    host.bind(lane);
    const forget = agents.opened(server.uid, 'control', (why, retryAfterMs) =>
      lane.goAway(why, goAwayMessages[why], retryAfterMs ?? goAwayDelays[why]),
    );
    void lane.run().then((end) => {
      forget();
      host.ended(end);
      this.log.debug(`the control lane of ${server.name} ended: ${end.message}`, { reason: end.reason });
    });
  }

  private async openTelemetry(
    call: TelemetryCall,
    stream: GrpcLaneStream<TelemetryFrame, TelemetryAcknowledgement>,
  ): Promise<void> {
    const server = await this.calls.server(call);
    if (!server) return stream.end();
    const lane = this.runTelemetry(server, stream);
    // Revoked between the look and the moment from which a revocation finds the lane.
    if (!(await this.calls.server(call))) lane.stop();
  }

  private runTelemetry(
    server: AgentServer,
    stream: GrpcLaneStream<TelemetryFrame, TelemetryAcknowledgement>,
  ): ControlPlaneTelemetryLane {
    const commit = (frames: readonly TelemetryFrame[]): Promise<void> =>
      this.features.get('operations').output(server, frames);
    const lane = new ControlPlaneTelemetryLane(stream, commit, {
      clock: systemClock,
      invalid: this.invalidTelemetry,
      warn: (line, error) => this.log.warn(`${server.name}: ${line} ${messageOf(error)}`),
      isPassing: isDatabaseAway,
    });
    const forget = this.agents.opened(server.uid, 'telemetry', () => lane.stop());
    void lane.run().then(forget);
    return lane;
  }

  private fail(call: ControlCall | TelemetryCall, error: unknown): void {
    this.log.warn(`a lane could not be opened: ${messageOf(error)}`);
    call.emit('error', { code: status.UNAVAILABLE, details: 'not now; try again' });
  }
}

export const goAwayMessages: Record<GoAwayReason, string> = {
  REVOKED:
    'This server was removed or revoked, or its certificate is not its own. Join it again with a new token.',
  HELD: 'An operator decided that this is a copy of a server: it is to forget who it is.',
  RESTARTING: 'The control plane restarts.',
  OVERLOADED: 'Too many agents connect at once.',
  REPLACED: 'A newer connection of this server took over.',
  PROTOCOL: 'The agent broke the protocol.',
};

export const goAwayDelays: Record<GoAwayReason, number> = {
  REVOKED: REVOKED_RETRY_MS,
  HELD: REVOKED_RETRY_MS,
  RESTARTING: RESTART_RETRY_MS,
  OVERLOADED: 5000,
  REPLACED: 60_000,
  PROTOCOL: 60_000,
};

function revoked(): ControlPlaneFrame {
  const value = create(GoAwaySchema, {
    reason: 'REVOKED',
    message: goAwayMessages.REVOKED,
    retryAfterMs: REVOKED_RETRY_MS,
  });
  return create(ControlPlaneFrameSchema, { frame: { case: 'goAway', value } });
}
