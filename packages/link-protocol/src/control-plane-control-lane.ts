import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  type AgentFrame,
  type ChallengeServe,
  type ChallengeServed,
  type ControlPlaneFrame,
  ControlPlaneFrameSchema,
  ErrorReason,
  GoAwaySchema,
  HeartbeatSchema,
  type HeldReport,
  HeldReportSchema,
  type Hello,
  OperationAcknowledgedSchema,
  OperationCancelSchema,
  type OperationReport,
  type OperationStart,
  type PlanRequest,
  type PlanResult,
  RekeySchema,
  SecretValuesSchema,
  type SecretVersion,
  StatusAcknowledgedSchema,
  type StatusReport,
  TrustBundleSchema,
  WelcomeSchema,
} from '@ostler/contracts';
import { AppError, type Clock, messageOf, Serial } from '@ostler/kernel';
import { BodySender } from './body-sender';
import type { ControlLaneHost } from './control-plane-core';
import type { GoAwayReason, LaneEnd } from './lane-end';
import type { LaneStream } from './lane-stream';
import { Liveness } from './liveness';
import { OfferSender } from './offer-sender';
import { PendingCalls } from './pending-calls';
import { type IsPassing, persist } from './persist';
import { type LaneTiming, laneTiming, PIECE_BYTES, TELEMETRY_WINDOW_BYTES } from './timing';

export interface ControlPlaneLaneOptions {
  readonly clock: Clock;
  readonly timing?: LaneTiming;
  /** What is wrong with a frame, by the rules of the contract; undefined when nothing. */
  readonly invalid?: (frame: AgentFrame) => string | undefined;
  readonly warn?: (line: string, error: unknown) => void;
  readonly isPassing?: IsPassing;
}

/** Frames that wait for the database; beyond it the agent is not read. */
const MOST_WAITING = 64;
const PROTOCOL_RETRY_MS = 60_000;

const LEFT = 'The agent ended its connection, as it does when it is stopped or started again.';

/**
 * The control plane's end of one agent's control lane.
 *
 *   opened --hello--> greeting --accepted: welcome--> running
 *      |                 | refused: go_away             |  offers, bodies on credit, acknowledgements
 *      |                 |                              |  heartbeats when nothing else was sent
 *      '- no hello in time, lost, dead, breach, go_away: ended (pending questions fail) <-'
 *
 * Frames of the agent are taken in order; what writes is acknowledged after it is durable.
 */
export class ControlPlaneControlLane {
  private state: 'opened' | 'greeting' | 'running' | 'ended' = 'opened';
  private readonly liveness: Liveness;
  private readonly bodies: BodySender;
  private readonly offers: OfferSender;
  private readonly plans: PendingCalls<PlanResult>;
  private readonly challenges: PendingCalls<ChallengeServed>;
  private readonly writes = new Serial();
  private readonly life = new AbortController();
  private readonly end = Promise.withResolvers<LaneEnd>();
  private readonly timing: LaneTiming;
  private waiting = 0;
  /** Of an agent of an earlier epoch: nothing is offered before it said what it holds. */
  private awaitsHeld = false;

  constructor(
    private readonly stream: LaneStream<AgentFrame, ControlPlaneFrame>,
    private readonly host: ControlLaneHost,
    private readonly options: ControlPlaneLaneOptions,
  ) {
    const { clock } = options;
    this.timing = options.timing ?? laneTiming;
    this.plans = new PendingCalls(clock, 'the server');
    this.challenges = new PendingCalls(clock, 'the server');
    this.bodies = new BodySender({
      body: (sha256) => this.persist(() => host.body(sha256)),
      send: (piece) => this.send({ case: 'bodyPiece', value: piece }),
    });
    this.offers = new OfferSender(host, (offer) => this.send({ case: 'manifestOffer', value: offer }));
    this.liveness = new Liveness(clock, this.timing, {
      heartbeat: (sequence) => this.heartbeat(sequence),
      dead: () => this.finish({ reason: 'DEAD', message: 'The agent has been silent for too long.' }),
    });
  }

  /** Waits for the hello and stays until the lane has ended. Never rejects. */
  run(): Promise<LaneEnd> {
    const greeting = this.options.clock.after(this.timing.greetingMs, () => {
      if (this.state === 'opened') this.breach('no hello came in time');
    });
    void this.end.promise.then(() => greeting.cancel());
    this.stream.listen({
      frame: (frame) => this.receive(frame),
      drained: () => this.bodies.drained(),
      ended: (cause, inOrder) =>
        this.finish(inOrder ? { reason: 'LEFT', message: LEFT } : { reason: 'LOST', message: cause }),
    });
    return this.end.promise;
  }

  get running(): boolean {
    return this.state === 'running';
  }

  /** There may be a newer manifest: reads the latest and offers it when the agent does not have it. */
  pokeManifest(): void {
    if (this.running && !this.awaitsHeld)
      this.guard(
        'An offer',
        this.persist(() => this.offers.offerLatest()),
      );
  }

  /** False when the lane does not run: the operation stays pending. */
  startOperation(start: OperationStart): boolean {
    if (!this.running) return false;
    this.send({ case: 'operationStart', value: start });
    return true;
  }

  cancelOperation(uid: string): boolean {
    if (!this.running) return false;
    this.send({ case: 'operationCancel', value: create(OperationCancelSchema, { uid }) });
    return true;
  }

  /** The roots that the agent is to trust from now on. */
  trustBundle(caBundle: Uint8Array[]): void {
    if (this.running) this.send({ case: 'trustBundle', value: create(TrustBundleSchema, { caBundle }) });
  }

  /** The agent is to make another key; the nonce, which only this lane hears, lets it have that one certified. */
  rekey(nonce: Uint8Array): void {
    if (this.running) this.send({ case: 'rekey', value: create(RekeySchema, { nonce }) });
  }

  plan(request: PlanRequest, timeoutMs: number): Promise<PlanResult> {
    return this.ask(this.plans, request.planId, timeoutMs, { case: 'planRequest', value: request });
  }

  serveChallenge(challenge: ChallengeServe, timeoutMs: number): Promise<ChallengeServed> {
    return this.ask(this.challenges, challenge.requestId, timeoutMs, {
      case: 'challengeServe',
      value: challenge,
    });
  }

  /** Says why, then ends the lane. */
  goAway(reason: GoAwayReason, message: string, retryAfterMs: number): void {
    if (this.state === 'ended') return;
    this.send({ case: 'goAway', value: create(GoAwaySchema, { reason, message, retryAfterMs }) });
    this.finish({ reason: 'GO_AWAY', message, goAway: { reason, retryAfterMs } });
  }

  private ask<T>(
    calls: PendingCalls<T>,
    id: string,
    timeoutMs: number,
    frame: ControlPlaneFrame['frame'],
  ): Promise<T> {
    if (!this.running) {
      return Promise.reject(new AppError(ErrorReason.SERVER_UNREACHABLE, 'The server is not connected.'));
    }
    return calls.ask(id, timeoutMs, () => void this.send(frame));
  }

  private receive(frame: AgentFrame): void {
    if (this.state === 'ended') return;
    this.liveness.received();
    this.host.seen();
    const wrong = this.options.invalid?.(frame);
    if (wrong) return this.breach(wrong);
    if (frame.frame.case === 'hello') return this.hello(frame.frame.value);
    if (this.state !== 'running') return this.breach(`${frame.frame.case} came before the welcome`);
    this.dispatch(frame.frame);
  }

  private hello(hello: Hello): void {
    if (this.state !== 'opened') return this.breach('a second hello came');
    this.state = 'greeting';
    this.take('A hello', () => this.greet(hello));
  }

  private async greet(hello: Hello): Promise<void> {
    const greeting = await this.persist(() => this.host.hello(hello));
    if (this.state !== 'greeting') return;
    if (!greeting.accepted) return this.goAway(greeting.reason, greeting.message, greeting.retryAfterMs);
    this.state = 'running';
    const welcome = create(WelcomeSchema, {
      epoch: greeting.epoch,
      signedEpoch: greeting.signedEpoch,
      heartbeatIntervalMs: this.timing.heartbeatIntervalMs,
      deadAfterMs: this.timing.deadAfterMs,
      telemetryWindowBytes: TELEMETRY_WINDOW_BYTES,
      clock: timestampFromMs(this.options.clock.now()),
      holdMessage: greeting.holdMessage,
    });
    this.send({ case: 'welcome', value: welcome });
    this.host.welcomed();
    this.offers.resume({ epoch: hello.epoch, revision: hello.revision, sha256: hello.manifestSha256 });
    await this.resumeEpoch(hello, greeting.epoch);
    this.pokeManifest();
    for (const report of hello.operations) await this.operation(report);
  }

  /** An agent that is older than held reports told in its hello what it holds, or holds nothing. */
  private async resumeEpoch({ epoch, held, helloCounter }: Hello, ours: bigint): Promise<void> {
    if (epoch === 0n || epoch >= ours) return;
    this.awaitsHeld = helloCounter > 0n;
    if (held.length > 0) await this.held(create(HeldReportSchema, { epoch, held }));
  }

  private async held(report: HeldReport): Promise<void> {
    await this.persist(() => this.host.held(report));
    this.awaitsHeld = false;
    this.pokeManifest();
  }

  private dispatch(frame: AgentFrame['frame']): void {
    const { host } = this;
    switch (frame.case) {
      case 'needBodies':
        if (!this.bodies.need(frame.value)) return this.breach('it asks for more bodies than a manifest has');
        return this.guard('A body', this.bodies.pump());
      case 'needSecrets':
        return this.take('Secrets', () => this.secrets(frame.value.secrets));
      case 'manifestStored': {
        const { epoch, revision, indexSha256 } = frame.value;
        const fence = { epoch, revision, sha256: indexSha256 };
        if (!this.offers.stored(fence)) return this.breach('it stored a manifest that was not offered');
        return this.take('A stored manifest', () => this.persist(() => host.stored(fence)));
      }
      case 'heldReport':
        return this.take('What it holds', () => this.held(frame.value));
      case 'manifestRefused':
        return this.takeOrSkip('A refusal', () => this.persist(() => host.refused(frame.value)));
      case 'statusReport':
        return this.takeOrSkip('A status report', () => this.status(frame.value));
      case 'operationReport':
        return this.takeOrSkip('An operation report', () => this.operation(frame.value));
      case 'serverReport':
        return this.takeOrSkip('A server report', () => this.persist(() => host.serverReport(frame.value)));
      case 'trustBundleStored':
        return this.take('A bundle of roots', () => this.persist(() => host.bundleStored(frame.value)));
      case 'planResult':
        return this.plans.answer(frame.value.planId, frame.value);
      case 'challengeServed':
        return this.challenges.answer(frame.value.requestId, frame.value);
      case 'signRequest':
        return this.beside(
          'A request to sign',
          async () => void this.send({ case: 'signResponse', value: await host.sign(frame.value) }),
        );
      case 'challengePublish':
        return this.beside(
          'A challenge',
          async () =>
            void this.send({ case: 'challengeResult', value: await host.publishChallenge(frame.value) }),
        );
      case 'hello':
      case 'heartbeat':
      case undefined:
        return;
    }
  }

  private async status(report: StatusReport): Promise<void> {
    await this.persist(() => this.host.status(report.placements));
    const { sequence } = report;
    this.send({ case: 'statusAcknowledged', value: create(StatusAcknowledgedSchema, { sequence }) });
  }

  private async operation(report: OperationReport): Promise<void> {
    const forget = await this.persist(() => this.host.operation(report));
    const { uid } = report;
    if (forget)
      this.send({ case: 'operationAcknowledged', value: create(OperationAcknowledgedSchema, { uid }) });
  }

  private async secrets(wanted: readonly SecretVersion[]): Promise<void> {
    let values = await this.persist(() => this.host.secrets(wanted));
    while (values.length > 0) {
      const frame = create(SecretValuesSchema);
      let bytes = 0;
      for (const value of values) {
        if (frame.values.length > 0 && bytes + value.value.length > PIECE_BYTES) break;
        frame.values.push(value);
        bytes += value.value.length;
      }
      values = values.slice(frame.values.length);
      this.send({ case: 'secretValues', value: frame });
    }
  }

  /** In the order of the frames; the agent is not read while too much waits. */
  private take(what: string, work: () => Promise<void>): void {
    this.waited(+1);
    const done = this.writes.run(work).finally(() => this.waited(-1));
    this.guard(what, done);
  }

  /**
   * What can never be written is told to the operator and left out, without an acknowledgement: the agent
   * says it again with its next hello, and what is behind it is not held up.
   */
  private takeOrSkip(what: string, work: () => Promise<void>): void {
    this.take(what, () =>
      work().catch((error: unknown) => {
        if (this.state !== 'ended') this.options.warn?.(`${what} cannot be written and is left out.`, error);
      }),
    );
  }

  /** May take long and must not hold up what follows. */
  private beside(what: string, work: () => Promise<void>): void {
    this.waited(+1);
    this.guard(
      what,
      work().finally(() => this.waited(-1)),
    );
  }

  private waited(change: 1 | -1): void {
    const before = this.waiting;
    this.waiting += change;
    if (before === MOST_WAITING - 1 && change === 1) {
      this.stream.pause();
      this.liveness.hold(true);
    } else if (before === MOST_WAITING && change === -1) {
      this.liveness.hold(false);
      this.stream.resume();
    }
  }

  private persist<T>(write: () => Promise<T>): Promise<T> {
    const { clock, isPassing } = this.options;
    return persist(clock, this.life.signal, write, isPassing);
  }

  private guard(what: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (this.state === 'ended') return;
      this.options.warn?.(`${what} could not be taken.`, error);
      this.goAway('PROTOCOL', `${what} could not be taken: ${messageOf(error)}`, PROTOCOL_RETRY_MS);
    });
  }

  private heartbeat(sequence: bigint): void {
    if (!this.running) return;
    const clock = timestampFromMs(this.options.clock.now());
    this.send({ case: 'heartbeat', value: create(HeartbeatSchema, { sequence, clock }) });
  }

  private send(frame: ControlPlaneFrame['frame']): boolean {
    if (this.state === 'ended') return true;
    this.liveness.sent();
    return this.stream.send(create(ControlPlaneFrameSchema, { frame }));
  }

  private breach(what: string): void {
    this.goAway('PROTOCOL', `The agent broke the protocol: ${what}.`, PROTOCOL_RETRY_MS);
  }

  private finish(end: Omit<LaneEnd, 'welcomed'>): void {
    if (this.state === 'ended') return;
    const welcomed = this.running;
    this.state = 'ended';
    this.liveness.stop();
    this.life.abort();
    this.bodies.stop();
    this.plans.end(ErrorReason.SERVER_UNREACHABLE);
    this.challenges.end(ErrorReason.SERVER_UNREACHABLE);
    if (end.reason === 'GO_AWAY') this.stream.end();
    else this.stream.destroy();
    this.end.resolve({ ...end, welcomed });
  }
}
