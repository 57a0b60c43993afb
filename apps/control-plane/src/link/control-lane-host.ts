import type {
  ChallengePublish,
  ChallengeResult,
  Hello,
  ManifestRefused,
  OperationReport,
  PlacementReport,
  SecretValue,
  SecretVersion,
  ServerReport,
  SignRequest,
  SignResponse,
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
import { failpoint } from '../platform/failpoints';
import type { ChallengeRelay } from './challenge-relay';
import { type ConnectedAgent, type ConnectedAgents, REPLACED_RETRY_MS } from './connected-agents';
import type { DevelopmentCertificates } from './development-certificates';
import type { AgentFeatures, AgentServer } from './features';
import type { HelloGate } from './hello-gate';
import { laneEndText } from './lane-end-text';

export interface LaneHostServices {
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

  constructor(
    private readonly server: AgentServer,
    private readonly services: LaneHostServices,
  ) {}

  bind(lane: ControlPlaneControlLane): void {
    this.lane = lane;
  }

  async hello(hello: Hello): Promise<Greeting> {
    const { features, agents, gate } = this.services;
    const retryAfterMs = gate.admit();
    if (retryAfterMs > 0) {
      return {
        accepted: false,
        reason: 'OVERLOADED',
        message: 'Too many agents connect at once.',
        retryAfterMs,
      };
    }
    const { epoch } = await features.get('directory').hello(this.server, hello);
    if (hello.revision > 0n) {
      const { epoch: storedEpoch, revision, manifestSha256 } = hello;
      await this.stored({ epoch: storedEpoch, revision, sha256: manifestSha256 });
    }
    const { instanceId } = hello;
    const agent = { server: this.server, instanceId, lane: this.lane!, sinceMs: systemClock.now() };
    if (agents.replace(agent) === 'refused') {
      const message = `Another agent with the same key speaks for ${this.server.name}: was its disk copied?`;
      return { accepted: false, reason: 'REPLACED', message, retryAfterMs: REPLACED_RETRY_MS };
    }
    this.agent = agent;
    this.knownOperations = hello.operations.map(({ uid }) => uid);
    for (const pulse of features.pulse) pulse.connected(this.server.uid);
    return { accepted: true, epoch };
  }

  welcomed(): void {
    this.services.features.get('operations').connected(this.server, this.knownOperations);
  }

  /** After the end of the lane. */
  ended(end: LaneEnd): void {
    if (!this.agent || !this.services.agents.remove(this.agent)) return;
    const why = laneEndText(end);
    for (const pulse of this.services.features.pulse) pulse.disconnected(this.server.uid, why);
  }

  seen(): void {
    if (!this.agent) return;
    for (const pulse of this.services.features.pulse) pulse.frame(this.server.uid);
  }

  async offer(): Promise<Offer | undefined> {
    const offer = await this.manifests.offerFor(this.server.uid);
    if (offer) failpoint('manifest.read');
    return offer;
  }

  body(sha256: Uint8Array): Promise<Uint8Array | undefined> {
    failpoint('manifest.taken');
    return this.manifests.body(sha256, this.server.uid);
  }

  secrets(wanted: readonly SecretVersion[]): Promise<SecretValue[]> {
    failpoint('secret.asked');
    return this.manifests.secretsFor(this.server.uid, wanted);
  }

  stored(fence: Fence): Promise<void> {
    failpoint('manifest.acknowledged');
    return this.manifests.stored(this.server.uid, fence);
  }

  refused(refusal: ManifestRefused): Promise<void> {
    return this.manifests.refused(this.server.uid, refusal);
  }

  status(placements: readonly PlacementReport[]): Promise<void> {
    return this.manifests.status(this.server.uid, placements);
  }

  operation(report: OperationReport): Promise<boolean> {
    return this.services.features.get('operations').report(this.server, report);
  }

  serverReport(report: ServerReport): Promise<void> {
    return this.services.features.get('directory').report(this.server, report);
  }

  sign(request: SignRequest): Promise<SignResponse> {
    return this.services.certificates.sign(this.server, request);
  }

  publishChallenge(request: ChallengePublish): Promise<ChallengeResult> {
    return this.services.challenges.publish(this.server, request);
  }

  private get manifests() {
    return this.services.features.get('manifests');
  }
}
