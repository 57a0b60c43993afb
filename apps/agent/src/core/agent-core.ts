import { create } from '@bufbuild/protobuf';
import {
  type ChangeCause,
  HeldResourceSchema,
  type ChallengeServe,
  type HeldResource,
  type OperationReport,
  type OperationStart,
  type PlanRequest,
  type SecretValue,
  type SecretVersion,
  type ServerReport,
  type TelemetryFrame,
} from '@ostler/contracts';
import { failpoint } from '../failpoints';
import type { AgentCore, Fence, StoreOutcome } from '../link/core.port';
import type { OperationRunner } from '../operations';
import { previewPlan, type Reconciler } from '../reconcile';
import { judgeOffer, type BodyRules, type Store } from '../store';
import type { ManifestIntake } from './manifest-intake';

export interface AgentCoreDeps {
  readonly store: Store;
  readonly intake: ManifestIntake;
  readonly reconciler: Reconciler;
  readonly rules: BodyRules;
  readonly operations: OperationRunner;
  /**
   * No operation and no manifest is taken before: should the store be put back to an older state, an operation
   * would begin again, and what a tombstone had removed would be there again. What was not taken is sent again.
   */
  readonly mayBegin: Promise<void>;
  readonly serverReport: () => Promise<ServerReport>;
  readonly serveChallenge: (challenge: ChallengeServe) => Promise<void>;
}

/** What the link asks of the agent, answered by its parts. */
export class Core implements AgentCore {
  constructor(private readonly deps: AgentCoreDeps) {}

  fence(): Fence {
    return this.deps.store.ledger.fence();
  }

  held(): HeldResource[] {
    const held: HeldResource[] = [];
    for (const { accepted } of this.deps.store.ledger.entries()) {
      if (!accepted) continue;
      const { uid, kind, name, generation, bodySha256 } = accepted;
      held.push(create(HeldResourceSchema, { uid, kind, name, generation, bodySha256 }));
    }
    return held;
  }

  serverReport(): Promise<ServerReport> {
    return this.deps.serverReport();
  }

  refuses(offer: Fence): { reason: string; message: string } | undefined {
    const judgement = judgeOffer(this.fence(), offer);
    return judgement.take ? undefined : { reason: judgement.reason, message: judgement.message };
  }

  lacks(sha256: readonly Uint8Array[]): Uint8Array[] {
    return sha256.filter((hash) => !this.deps.store.ledger.has(hash));
  }

  putBody(sha256: Uint8Array, bytes: Uint8Array): void {
    this.deps.store.ledger.putBody(sha256, bytes);
    failpoint('ledger.body-stored');
  }

  async storeManifest(
    offer: Fence,
    index: Uint8Array,
    causes: readonly ChangeCause[] = [],
  ): Promise<StoreOutcome> {
    await this.deps.mayBegin;
    return this.deps.intake.take(offer, index, causes);
  }

  secretsNeeded(): SecretVersion[] {
    return this.deps.store.secrets.needed();
  }

  async putSecrets(values: readonly SecretValue[]): Promise<void> {
    const woken = this.deps.store.secrets.put(values);
    failpoint('secrets.stored');
    for (const uid of woken) this.deps.reconciler.wake(uid);
  }

  async startOperation(start: OperationStart): Promise<void> {
    await this.deps.mayBegin;
    this.deps.operations.start(start);
  }

  async cancelOperation(uid: string): Promise<void> {
    await this.deps.mayBegin;
    this.deps.operations.cancel(uid);
  }

  forgetOperation(uid: string): void {
    this.deps.operations.forget(uid);
  }

  unacknowledgedOperations(): OperationReport[] {
    return this.deps.operations.unacknowledged();
  }

  plan(request: PlanRequest) {
    const { reconciler, rules } = this.deps;
    return previewPlan(request, { reconciler, rules, epoch: this.fence().epoch });
  }

  serveChallenge(challenge: ChallengeServe): Promise<void> {
    return this.deps.serveChallenge(challenge);
  }

  pendingStatus(mostBytes: number) {
    this.deps.reconciler.flushReports();
    return this.deps.store.statuses.pending(mostBytes);
  }

  acknowledgeStatus(sequence: bigint): void {
    this.deps.store.statuses.acknowledge(sequence);
  }

  pendingTelemetry(afterSequence: bigint, mostBytes: number): TelemetryFrame[] {
    return this.deps.store.spool.after(afterSequence, mostBytes);
  }

  acknowledgeTelemetry(sequence: bigint): void {
    this.deps.store.spool.acknowledge(sequence);
    this.deps.operations.spoolDrained();
  }
}
