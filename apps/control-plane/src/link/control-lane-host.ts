import { create } from '@bufbuild/protobuf';
import {
  type ChallengePublish,
  type ChallengeResult,
  ChallengeResultSchema,
  type HeldReport,
  type Hello,
  type ManifestRefused,
  type OperationReport,
  type PlacementReport,
  type SecretValue,
  type SecretVersion,
  type ServerReport,
  type SignRequest,
  type SignResponse,
  SignResponseSchema,
  type TrustBundleStored,
} from '@ostler/contracts';
import type {
  ControlLaneHost,
  ControlPlaneControlLane,
  Fence,
  Greeting,
  LaneEnd,
  Offer,
} from '@ostler/link-protocol';
import { systemClock } from '@ostler/kernel';
import type { AuthorityService } from '../authority';
import { failpoint } from '../platform/failpoints';
import type { ChallengeRelay } from './challenge-relay';
import { type ConnectedAgent, type ConnectedAgents, REPLACED_RETRY_MS } from './connected-agents';
import type { DevelopmentCertificates } from './development-certificates';
import type { AgentFeatures, AgentServer, HelloOutcome, LiveAgent } from './features';
import type { HelloGate } from './hello-gate';
import { laneEndText } from './lane-end-text';

type LetIn = Extract<HelloOutcome, { letIn: true }>;

const HELD = 'An operator has to decide about this server first.';
const REVOKED_RETRY_MS = 600_000;

export interface LaneHostServices {
  readonly authority: Pick<AuthorityService, 'caBundle' | 'isOtherBundle' | 'signEpoch'>;
  readonly features: AgentFeatures;
  readonly agents: ConnectedAgents;
  readonly certificates: DevelopmentCertificates;
  readonly challenges: ChallengeRelay;
  readonly gate: HelloGate;
}

/**
 * What one server's lane asks of the rooms. The server is the one of the certificate: no frame can name
 * another.
 */
export class ServerLaneHost implements ControlLaneHost {
  private agent: ConnectedAgent | undefined;
  private lane: ControlPlaneControlLane | undefined;
  private knownOperations: readonly string[] = [];
  private rekeyNonce: Uint8Array | undefined;
  private lacksBundle = false;
  /** Set while an operator has to decide about this agent. */
  private release: (() => void) | undefined;

  constructor(
    private readonly server: AgentServer,
    private readonly services: LaneHostServices,
  ) {}

  bind(lane: ControlPlaneControlLane): void {
    this.lane = lane;
  }

  async hello(hello: Hello): Promise<Greeting> {
    const { features, gate } = this.services;
    const retryAfterMs = gate.admit();
    if (retryAfterMs > 0) {
      return {
        accepted: false,
        reason: 'OVERLOADED',
        message: 'Too many agents connect at once.',
        retryAfterMs,
      };
    }
    const outcome = await features.get('directory').hello(this.server, hello, () => this.another(hello));
    if (!outcome.letIn) {
      return { accepted: false, reason: 'REVOKED', message: outcome.message, retryAfterMs: REVOKED_RETRY_MS };
    }
    if (hello.epoch > outcome.epoch) return this.outlived(hello.epoch, outcome.epoch);
    const { instanceId, helloCounter: counter, machine } = hello;
    const lane = this.lane!;
    const agent = { server: this.server, instanceId, lane, counter, machine, sinceMs: systemClock.now() };
    return outcome.holdMessage === '' ? this.letIn(agent, hello, outcome) : this.hold(agent, outcome);
  }

  /** The agent that speaks for this server now, when it is another program than the one that says this hello. */
  private another({ instanceId }: Hello): LiveAgent | undefined {
    const live = this.services.agents.get(this.server.uid);
    return live && live.instanceId !== instanceId ? live : undefined;
  }

  private async letIn(agent: ConnectedAgent, hello: Hello, outcome: LetIn): Promise<Greeting> {
    const { features, agents } = this.services;
    if (hello.revision > 0n) {
      const { epoch: storedEpoch, revision, manifestSha256 } = hello;
      await this.stored({ epoch: storedEpoch, revision, sha256: manifestSha256 });
    }
    if (agents.replace(agent) === 'refused') {
      const message = `Another agent with the same key speaks for ${this.server.name}: was its disk copied?`;
      return { accepted: false, reason: 'REPLACED', message, retryAfterMs: REPLACED_RETRY_MS };
    }
    this.agent = agent;
    this.rekeyNonce = outcome.rekeyNonce;
    this.lacksBundle = this.services.authority.isOtherBundle(hello.caBundleSha256);
    this.knownOperations = hello.operations.map(({ uid }) => uid);
    for (const pulse of features.pulse) pulse.connected(this.server.uid);
    return { accepted: true, ...this.vouched(outcome.epoch) };
  }

  /** Welcome, seen and heard, and handed nothing: what the server runs goes on. */
  private hold(agent: ConnectedAgent, { epoch, holdMessage }: LetIn): Greeting {
    this.release = this.services.agents.hold(agent);
    for (const pulse of this.services.features.pulse) pulse.connected(this.server.uid);
    return { accepted: true, ...this.vouched(epoch), holdMessage };
  }

  /** The server followed another control plane of a later epoch. People see it with the server, too. */
  private outlived(theirs: bigint, ours: bigint): Greeting {
    const message = outlivedMessage(theirs, ours);
    for (const pulse of this.services.features.pulse) pulse.disconnected(this.server.uid, message);
    return { accepted: false, reason: 'REPLACED', message, retryAfterMs: REPLACED_RETRY_MS };
  }

  /** The first epoch needs nobody's word: every agent begins below it. */
  private vouched(epoch: bigint) {
    return epoch > 1n ? { epoch, signedEpoch: this.services.authority.signEpoch(epoch) } : { epoch };
  }

  private get isHeld(): boolean {
    return this.release !== undefined;
  }

  welcomed(): void {
    if (this.isHeld) return;
    if (this.lacksBundle) this.lane?.trustBundle(this.services.authority.caBundle());
    if (this.rekeyNonce) this.lane?.rekey(this.rekeyNonce);
    this.services.features.get('operations').connected(this.server, this.knownOperations);
  }

  /** After the end of the lane. */
  ended(end: LaneEnd): void {
    this.release?.();
    const spoke = this.agent ? this.services.agents.remove(this.agent) : this.isHeld && !this.isBeside;
    if (!spoke) return;
    const why = laneEndText(end);
    const inOrder = end.reason === 'LEFT';
    for (const pulse of this.services.features.pulse) pulse.disconnected(this.server.uid, why, inOrder);
  }

  seen(): void {
    if (!this.agent && !this.isHeld) return;
    for (const pulse of this.services.features.pulse) pulse.frame(this.server.uid);
  }

  held(report: HeldReport): Promise<void> {
    if (this.isHeld) return Promise.resolve();
    return this.manifests.held(this.server.uid, report);
  }

  async offer(): Promise<Offer | undefined> {
    if (this.isHeld) return undefined;
    const offer = await this.manifests.offerFor(this.server.uid);
    if (offer) failpoint('manifest.read');
    return offer;
  }

  body(sha256: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.isHeld) return Promise.resolve(undefined);
    failpoint('manifest.taken');
    return this.manifests.body(sha256, this.server.uid);
  }

  secrets(wanted: readonly SecretVersion[]): Promise<SecretValue[]> {
    if (this.isHeld) return Promise.resolve([]);
    failpoint('secret.asked');
    return this.manifests.secretsFor(this.server.uid, wanted);
  }

  stored(fence: Fence): Promise<void> {
    if (this.isHeld) return Promise.resolve();
    failpoint('manifest.acknowledged');
    return this.manifests.stored(this.server.uid, fence);
  }

  refused(refusal: ManifestRefused): Promise<void> {
    if (this.isHeld) return Promise.resolve();
    return this.manifests.refused(this.server.uid, refusal);
  }

  /** Of a held agent as long as nobody else speaks for the server: what it serves is still what is known. */
  status(placements: readonly PlacementReport[]): Promise<void> {
    if (this.isBeside) return Promise.resolve();
    return this.manifests.status(this.server.uid, placements);
  }

  operation(report: OperationReport): Promise<boolean> {
    if (this.isHeld) return Promise.resolve(false);
    return this.services.features.get('operations').report(this.server, report);
  }

  serverReport(report: ServerReport): Promise<void> {
    if (this.isBeside) return Promise.resolve();
    return this.services.features.get('directory').report(this.server, report);
  }

  sign(request: SignRequest): Promise<SignResponse> {
    if (this.isHeld) {
      const { requestId } = request;
      return Promise.resolve(create(SignResponseSchema, { requestId, message: HELD }));
    }
    return this.services.certificates.sign(this.server, request);
  }

  publishChallenge(request: ChallengePublish): Promise<ChallengeResult> {
    if (this.isHeld) {
      const { requestId } = request;
      return Promise.resolve(create(ChallengeResultSchema, { requestId, message: HELD }));
    }
    return this.services.challenges.publish(this.server, request);
  }

  bundleStored({ caBundleSha256 }: TrustBundleStored): Promise<void> {
    if (this.isHeld) return Promise.resolve();
    return this.services.features.get('directory').bundleStored(this.server, caBundleSha256);
  }

  private get isBeside(): boolean {
    return this.isHeld && this.services.agents.get(this.server.uid) !== undefined;
  }

  private get manifests() {
    return this.services.features.get('manifests');
  }
}

function outlivedMessage(theirs: bigint, ours: bigint): string {
  return (
    `This server follows epoch ${theirs}, and this control plane is in epoch ${ours}: another one was restored after it. ` +
    `Stop this one; or when it is the right one, run: ostler-control raise-epoch --above ${theirs}`
  );
}
