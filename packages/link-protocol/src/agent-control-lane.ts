import { create, equals } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type AgentFrame,
  AgentFrameSchema,
  type ChallengePublish,
  type ChallengeResult,
  ChallengeServedSchema,
  type ControlPlaneFrame,
  ErrorReason,
  HeartbeatSchema,
  HeldReportSchema,
  type Hello,
  HelloSchema,
  type OperationReport,
  OperationReport_State,
  OperationReportSchema,
  type OperationStart,
  type PlanRequest,
  PlanResultSchema,
  type SignRequest,
  type SignResponse,
  StatusReportSchema,
  TrustBundleStoredSchema,
  type Welcome,
} from '@ostler/contracts';
import { AppError, type Clock, messageOf } from '@ostler/kernel';
import type { AgentIdentity, ControlLaneCore } from './agent-core';
import type { GoAwayReason, LaneEnd } from './lane-end';
import type { LaneStream } from './lane-stream';
import { Liveness } from './liveness';
import { ManifestIntake } from './manifest-intake';
import { toOwnTime } from './own-time';
import { PendingCalls } from './pending-calls';
import { type LaneTiming, laneTiming, MOST_STATUS_BYTES } from './timing';

export interface AgentControlLaneOptions {
  readonly clock: Clock;
  readonly identity: AgentIdentity;
  readonly timing?: LaneTiming;
  /** Before each hello: what tells this server from a copy of it. Durable when it resolves. */
  readonly continuity?: () => Promise<HelloContinuity>;
  /** The agent's clock minus the control plane's, as far as it is known. */
  readonly skewMs?: () => number;
  /** Keeps the roots of a bundle durably and tells its SHA-256, see Hello.ca_bundle_sha256. */
  readonly keepBundle?: (roots: readonly Uint8Array[]) => Promise<Uint8Array>;
  /** The key was copied: make another one and have it certified with this nonce. */
  readonly rekey?: (nonce: Uint8Array) => void;
  /** Why the epoch of a welcome is not to be followed; undefined when it is. Asked before anything is taken. */
  readonly refusesEpoch?: (welcome: Welcome) => string | undefined;
  /** The lane runs: telemetry may be dialled, with the window of the welcome. */
  readonly welcomed?: (welcome: Welcome) => void;
  /** Something that went wrong without ending the lane. */
  readonly warn?: (line: string, error: unknown) => void;
}

/** See Hello: what only the server itself can count on. */
export type HelloContinuity = Pick<Hello, 'helloCounter' | 'machine' | 'caBundleSha256'>;

const ASK_TIMEOUT_MS = 30_000;

/**
 * The agent's end of one control lane, from the open stream to its end.
 *
 *   opened --hello--> greeting --welcome--> running
 *      |                 |                    |  heartbeats when nothing else was sent
 *      '--- lost, dead, go_away, protocol, stopped: ended (pending questions fail) <--'
 *
 * What the lane carries is resumed by the hello of the next one: the fence of the stored manifest and
 * every operation whose end was not acknowledged. Status is sent again until its sequence is acknowledged.
 */
export class AgentControlLane {
  private state: 'opened' | 'greeting' | 'running' | 'ended' = 'opened';
  private readonly liveness: Liveness;
  private readonly intake: ManifestIntake;
  private readonly signs: PendingCalls<SignResponse>;
  private readonly challenges: PendingCalls<ChallengeResult>;
  private readonly end = Promise.withResolvers<LaneEnd>();
  private readonly sentReports = new Map<string, OperationReport>();
  private statusInFlight: bigint | undefined;
  private welcomed = false;
  /** Of the welcome. */
  private epoch = 0n;

  constructor(
    private readonly stream: LaneStream<ControlPlaneFrame, AgentFrame>,
    private readonly core: ControlLaneCore,
    private readonly options: AgentControlLaneOptions,
  ) {
    const { clock, timing = laneTiming } = options;
    this.signs = new PendingCalls(clock, 'the control plane');
    this.challenges = new PendingCalls(clock, 'the control plane');
    this.intake = new ManifestIntake(core, (frame) => this.send(frame));
    this.liveness = new Liveness(clock, timing, {
      heartbeat: (sequence) => this.heartbeat(sequence),
      dead: () => this.finish({ reason: 'DEAD', message: 'The control plane has been silent for too long.' }),
    });
  }

  /** Says hello and stays until the lane has ended. Never rejects. */
  run(): Promise<LaneEnd> {
    this.stream.listen({
      frame: (frame) => this.receive(frame),
      drained: () => undefined,
      ended: (cause) => this.finish({ reason: 'LOST', message: cause }),
    });
    this.sayHello().catch((error: unknown) => {
      this.finish({ reason: 'LOST', message: `The hello could not be made: ${messageOf(error)}` });
    });
    return this.end.promise;
  }

  get running(): boolean {
    return this.state === 'running';
  }

  stop(): void {
    this.finish({ reason: 'STOPPED', message: 'The agent ends the lane.' });
  }

  /** Sends what changed since the last acknowledged report; one report is on its way at a time. */
  pokeStatus(): void {
    if (!this.running || this.statusInFlight !== undefined) return;
    const { sequence, placements } = this.core.pendingStatus(MOST_STATUS_BYTES);
    if (placements.length === 0) return;
    this.statusInFlight = sequence;
    this.send({ case: 'statusReport', value: create(StatusReportSchema, { sequence, placements }) });
  }

  /** Sends each report that differs from the last one of this lane. */
  pokeOperations(): void {
    if (!this.running) return;
    for (const report of this.core.unacknowledgedOperations()) {
      const sent = this.sentReports.get(report.uid);
      if (sent && equals(OperationReportSchema, sent, report)) continue;
      this.sentReports.set(report.uid, report);
      this.send({ case: 'operationReport', value: report });
    }
  }

  pokeServerReport(): void {
    if (!this.running) return;
    this.guard('The server report', this.sendServerReport());
  }

  sign(request: SignRequest): Promise<SignResponse> {
    return this.ask(this.signs, request.requestId, { case: 'signRequest', value: request });
  }

  publishChallenge(request: ChallengePublish): Promise<ChallengeResult> {
    return this.ask(this.challenges, request.requestId, { case: 'challengePublish', value: request });
  }

  private ask<T>(calls: PendingCalls<T>, id: string, frame: AgentFrame['frame']): Promise<T> {
    if (!this.running) {
      return Promise.reject(
        new AppError(
          ErrorReason.UNAVAILABLE,
          'The control plane is not connected; the agent asks again later.',
        ),
      );
    }
    return calls.ask(id, ASK_TIMEOUT_MS, () => this.send(frame));
  }

  private async sayHello(): Promise<void> {
    const serverReport = await this.core.serverReport();
    if (this.state !== 'opened') return;
    const continuity = await this.options.continuity?.();
    if (this.isEnded()) return;
    const fence = this.core.fence();
    const operations = this.core.unacknowledgedOperations();
    for (const report of operations) this.sentReports.set(report.uid, report);
    this.state = 'greeting';
    const hello = create(HelloSchema, {
      ...this.options.identity,
      epoch: fence.epoch,
      revision: fence.revision,
      manifestSha256: fence.sha256,
      serverReport,
      operations,
      ...continuity,
      clock: timestampFromMs(this.options.clock.now()),
    });
    this.send({ case: 'hello', value: hello });
  }

  private isEnded(): boolean {
    return this.state === 'ended';
  }

  private receive(frame: ControlPlaneFrame): void {
    if (this.state === 'ended') return;
    this.liveness.received();
    const first = frame.frame.case === 'welcome' || frame.frame.case === 'goAway';
    if (this.state !== 'running' && !first) return this.breach(`${frame.frame.case} came before the welcome`);
    this.dispatch(frame.frame);
  }

  private dispatch(frame: ControlPlaneFrame['frame']): void {
    switch (frame.case) {
      case 'welcome':
        return this.welcome(frame.value);
      case 'manifestOffer':
        // Raised while the lane runs: only a welcome carries the authority's word for an epoch.
        if (frame.value.epoch !== this.epoch) return this.breach('it offered a manifest of another epoch');
        return this.guard('A manifest', this.intake.offer(frame.value));
      case 'bodyPiece':
        return this.intake.bodies.piece(frame.value);
      case 'secretValues':
        return this.guard('Secrets', this.core.putSecrets(frame.value.values));
      case 'statusAcknowledged':
        return this.statusAcknowledged(frame.value.sequence);
      case 'operationStart':
        return this.guard('An operation', this.startOperation(frame.value));
      case 'operationCancel':
        return this.guard('A cancellation', this.core.cancelOperation(frame.value.uid));
      case 'operationAcknowledged':
        this.sentReports.delete(frame.value.uid);
        return this.core.forgetOperation(frame.value.uid);
      case 'planRequest':
        return this.guard('A plan', this.plan(frame.value));
      case 'challengeServe':
        return this.guard('A challenge', this.serveChallenge(frame.value));
      case 'signResponse':
        return this.signs.answer(frame.value.requestId, frame.value);
      case 'challengeResult':
        return this.challenges.answer(frame.value.requestId, frame.value);
      case 'trustBundle':
        return this.guard('A bundle of roots', this.keepBundle(frame.value.caBundle));
      case 'rekey':
        return this.options.rekey?.(frame.value.nonce);
      case 'goAway': {
        const { message, retryAfterMs } = frame.value;
        const goAway = { reason: frame.value.reason as GoAwayReason, retryAfterMs };
        return this.finish({ reason: 'GO_AWAY', message, goAway });
      }
      case 'heartbeat':
      // A frame of a newer control plane: it knows our feature level and does not count on it.
      case undefined:
        return;
    }
  }

  private welcome(welcome: Welcome): void {
    if (this.state !== 'greeting') return this.breach('a second welcome came');
    const refused = this.refusesEpoch(welcome);
    if (refused !== undefined) return this.finish({ reason: 'PROTOCOL', message: refused });
    this.state = 'running';
    this.welcomed = true;
    this.epoch = welcome.epoch;
    this.liveness.retime({
      heartbeatIntervalMs: Math.max(MOMENT_MS, welcome.heartbeatIntervalMs),
      deadAfterMs: Math.max(MOMENT_MS, welcome.deadAfterMs),
    });
    this.options.welcomed?.(welcome);
    this.tellHeld(welcome);
    this.pokeOperations();
    this.pokeStatus();
    this.intake.askForSecrets();
  }

  /** Lower is refused, as with manifests: this control plane is a copy of the one that the server follows. */
  private refusesEpoch(welcome: Welcome): string | undefined {
    const { epoch } = this.core.fence();
    if (welcome.epoch >= epoch) return this.options.refusesEpoch?.(welcome);
    return (
      `This server follows epoch ${epoch}, and the control plane that answered is in epoch ${welcome.epoch}: ` +
      'it was put back to an older state or is a copy. It is not followed.'
    );
  }

  /** After a restore from a backup: it may not know all that is here. */
  private tellHeld(welcome: Welcome): void {
    const { epoch } = this.core.fence();
    if (epoch === 0n || welcome.epoch <= epoch) return;
    this.send({ case: 'heldReport', value: create(HeldReportSchema, { epoch, held: this.core.held() }) });
  }

  private statusAcknowledged(sequence: bigint): void {
    if (sequence !== this.statusInFlight) return;
    this.statusInFlight = undefined;
    this.core.acknowledgeStatus(sequence);
    this.pokeStatus();
  }

  private async startOperation(start: OperationStart): Promise<void> {
    try {
      const deadline = toOwnTime(start.deadline, this.skewMs);
      await this.core.startOperation({ ...start, deadline });
    } catch (error) {
      // Not journalled, so nothing was begun: the truth is that it failed.
      const report = create(OperationReportSchema, {
        uid: start.uid,
        state: OperationReport_State.FAILED,
        reason: 'NOT_JOURNALLED',
        message: `The agent could not take it: ${messageOf(error)}`.slice(0, MOST_MESSAGE),
      });
      this.send({ case: 'operationReport', value: report });
    }
    this.pokeOperations();
  }

  private async plan(request: PlanRequest): Promise<void> {
    const { planId } = request;
    const result = await this.core
      .plan(request)
      .catch((error: unknown) =>
        create(PlanResultSchema, { planId, valid: false, message: messageOf(error) }),
      );
    this.send({ case: 'planResult', value: create(PlanResultSchema, { ...result, planId }) });
  }

  private async serveChallenge(challenge: Parameters<ControlLaneCore['serveChallenge']>[0]): Promise<void> {
    const expiresAt = toOwnTime(challenge.expiresAt, this.skewMs);
    const message = await this.core.serveChallenge({ ...challenge, expiresAt }).then(
      () => '',
      (error: unknown) => messageOf(error) || 'The server does not serve it.',
    );
    const { requestId } = challenge;
    this.send({ case: 'challengeServed', value: create(ChallengeServedSchema, { requestId, message }) });
  }

  private async keepBundle(roots: readonly Uint8Array[]): Promise<void> {
    const caBundleSha256 = await this.options.keepBundle?.(roots);
    if (!caBundleSha256) return;
    this.send({ case: 'trustBundleStored', value: create(TrustBundleStoredSchema, { caBundleSha256 }) });
  }

  private async sendServerReport(): Promise<void> {
    this.send({ case: 'serverReport', value: await this.core.serverReport() });
  }

  private get skewMs(): number {
    return this.options.skewMs?.() ?? 0;
  }

  private heartbeat(sequence: bigint): void {
    if (this.state !== 'running') return;
    const clock = timestampFromMs(this.options.clock.now());
    this.send({ case: 'heartbeat', value: create(HeartbeatSchema, { sequence, clock }) });
  }

  private send(frame: AgentFrame['frame']): void {
    if (this.state === 'ended') return;
    this.liveness.sent();
    this.stream.send(create(AgentFrameSchema, { frame }));
  }

  private guard(what: string, work: Promise<void>): void {
    work.catch((error: unknown) => this.options.warn?.(`${what} could not be taken.`, error));
  }

  private breach(what: string): void {
    this.finish({ reason: 'PROTOCOL', message: `The control plane broke the protocol: ${what}.` });
  }

  private finish(end: Omit<LaneEnd, 'welcomed'>): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.liveness.stop();
    this.signs.end(ErrorReason.UNAVAILABLE);
    this.challenges.end(ErrorReason.UNAVAILABLE);
    if (end.reason === 'GO_AWAY' || end.reason === 'STOPPED') this.stream.end();
    else this.stream.destroy();
    this.end.resolve({ ...end, welcomed: this.welcomed });
  }
}

/** No control plane may make an agent send more often than this. */
const MOMENT_MS = 10;
const MOST_MESSAGE = 1000;
