import { create, fromBinary } from '@bufbuild/protobuf';
import {
  type Condition,
  ConditionSchema,
  ConditionStatus,
  type JoinResponse,
  ManifestBodySchema,
  type ManifestEntry,
  ManifestIndexSchema,
  type OperationStart,
  SecretVersionSchema,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { type Fence, hexOf, type StoreOutcome } from '@ostler/link-protocol';
import { MemoryAgent } from '@ostler/link-protocol/memory';

import { connectAgent, pemsOf, type TestAgent } from '../link/start-link-app.fixture';

/** What it runs after an update, whatever it was told. */
export const UPDATED_VERSION = '2.0.0';

/** An agent that carries out each manifest at once, says so, and dials again for as long as it is wanted. */
export class SteadyAgent extends MemoryAgent {
  /** In the order in which it stored them. */
  readonly revisions: bigint[] = [];
  private readonly instanceId = newUid();
  private lane: TestAgent | undefined;
  private wanted = true;
  private version = 'test';

  override async storeManifest(fence: Fence, index?: Uint8Array): Promise<StoreOutcome> {
    const { entries, tombstones } = fromBinary(ManifestIndexSchema, index!);
    this.revisions.push(fence.revision);
    this.wantedSecrets = entries.flatMap((entry) => this.secretsOf(entry));
    const outcome = await super.storeManifest(fence);
    for (const { uid, generation } of entries) {
      this.report(uid, generation, { conditions: [ready(generation)] });
    }
    for (const { uid, generation } of tombstones) this.report(uid, generation, { removed: true });
    return outcome;
  }

  /** An update ends with another version on a new lane. */
  override async startOperation(start: OperationStart): Promise<void> {
    const isNew = !this.effects.has(start.uid);
    await super.startOperation(start);
    if (start.operation.case !== 'updateAgent' || !isNew) return;
    this.version = UPDATED_VERSION;
    this.lane?.close();
  }

  /** Stays connected until `leave`. `rejoin` gives certificates and the present address, again and again. */
  async stay(keyPem: string, rejoin: () => Promise<JoinResponse>): Promise<void> {
    while (this.wanted) {
      const answer = await rejoin();
      if (!this.wanted) return;
      const port = Number(answer.agentAddress.split(':').at(-1));
      this.lane = connectAgent(port, { keyPem, ...pemsOf(answer) }, this, this.instanceId, this.version);
      await this.lane.end;
    }
  }

  leave(): void {
    this.wanted = false;
    this.lane?.close();
  }

  private secretsOf({ bodySha256 }: ManifestEntry) {
    const { spec } = fromBinary(ManifestBodySchema, this.bodies.get(hexOf(bodySha256))!);
    const users = spec.case === 'site' ? (spec.value.basicAuth?.users ?? []) : [];
    return users.map(({ password }) =>
      create(SecretVersionSchema, { uid: password?.uid, version: password?.version }),
    );
  }
}

function ready(observedGeneration: bigint): Condition {
  return create(ConditionSchema, {
    type: 'Ready',
    status: ConditionStatus.TRUE,
    reason: 'SERVED',
    observedGeneration,
  });
}
