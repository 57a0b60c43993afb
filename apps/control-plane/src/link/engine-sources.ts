import { create, fromBinary } from '@bufbuild/protobuf';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import {
  ChangeCausesSchema,
  type HeldReport,
  type ManifestRefused,
  type PlacementReport,
  type SecretValue,
  SecretValueSchema,
  type SecretVersion,
} from '@ostler/contracts';
import type { Fence, Offer } from '@ostler/link-protocol';
import { HeldIntake, Manifests, PlannerService } from '../manifest';
import { Releases } from '../releases';
import { ConnectedAgents } from './connected-agents';
import { AgentFeatures, type ContentSource, type ManifestSource } from './features';

/** What lanes carry of manifests and releases, from the rooms that have them. */
@Injectable()
export class EngineSources implements OnModuleInit, OnModuleDestroy, ManifestSource, ContentSource {
  private off: (() => void) | undefined;

  constructor(
    private readonly features: AgentFeatures,
    private readonly agents: ConnectedAgents,
    private readonly manifests: Manifests,
    private readonly holdings: HeldIntake,
    private readonly planner: PlannerService,
    private readonly releases: Releases,
  ) {}

  onModuleInit(): void {
    this.features.register({ manifests: this, content: this });
    this.planner.plansBy(this.agents);
    this.off = this.manifests.onChanged((serverUid) => this.agents.pokeManifests([serverUid]));
  }

  onModuleDestroy(): void {
    this.off?.();
  }

  held(serverUid: string, report: HeldReport): Promise<void> {
    return this.holdings.take(serverUid, report);
  }

  async offerFor(serverUid: string): Promise<Offer | undefined> {
    const offer = await this.manifests.offerFor(serverUid);
    if (!offer) return undefined;
    const { epoch, revision, indexSha256: sha256, index } = offer;
    const { causes } = fromBinary(ChangeCausesSchema, offer.causes);
    return { fence: { epoch, revision, sha256 }, index, causes };
  }

  body(sha256: Uint8Array, serverUid: string): Promise<Uint8Array | undefined> {
    return this.manifests.body(sha256, serverUid);
  }

  /** One answer per wish: what the server may not have is refused, so that the agent does not wait for it. */
  async secretsFor(serverUid: string, wanted: readonly SecretVersion[]): Promise<SecretValue[]> {
    const found = new Map<string, Uint8Array>();
    for (const { uid, version, value } of await this.manifests.secretsFor(serverUid, wanted)) {
      found.set(`${uid} ${version}`, value);
    }
    return wanted.map(({ uid, version }) => {
      const value = found.get(`${uid} ${version}`);
      return create(SecretValueSchema, { uid, version, value, refused: value === undefined });
    });
  }

  async stored(serverUid: string, { epoch, revision, sha256 }: Fence): Promise<void> {
    await this.manifests.stored(serverUid, { epoch, revision, indexSha256: sha256 });
  }

  refused(serverUid: string, refusal: ManifestRefused): Promise<void> {
    return this.manifests.refused(serverUid, refusal);
  }

  status(serverUid: string, placements: readonly PlacementReport[]): Promise<void> {
    return this.manifests.status(serverUid, placements);
  }

  index(serverUid: string, digest: string): Promise<Uint8Array | undefined> {
    return this.releases.index(serverUid, digest);
  }

  async read(
    serverUid: string,
    sha256: Uint8Array,
    offset: bigint,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    const first = await this.releases.read(serverUid, sha256, offset);
    return first && this.pieces(serverUid, sha256, offset, first);
  }

  private async *pieces(serverUid: string, sha256: Uint8Array, offset: bigint, first: Uint8Array) {
    let next: Uint8Array | undefined = first;
    let position = offset;
    while (next && next.length > 0) {
      yield next;
      position += BigInt(next.length);
      next = await this.releases.read(serverUid, sha256, position);
    }
  }
}
