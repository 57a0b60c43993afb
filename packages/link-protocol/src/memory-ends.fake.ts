import { createHash } from 'node:crypto';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  ChallengeResultSchema,
  type HeldReport,
  type HeldResource,
  type Hello,
  Kind,
  ManifestIndexSchema,
  type ManifestRefused,
  type OperationReport,
  OperationReport_State,
  OperationReportSchema,
  type OperationStart,
  type PlacementReport,
  PlacementReportSchema,
  PlanResultSchema,
  type SecretValue,
  SecretValueSchema,
  type SecretVersion,
  SecretVersionSchema,
  type ServerReport,
  ServerReportSchema,
  SignResponseSchema,
  type TrustBundleStored,
} from '@ostler/contracts';
import type { ControlLaneCore, StoreOutcome } from './agent-core';
import type { ControlLaneHost, Offer } from './control-plane-core';
import { type Fence, fenceRefuses, hexOf, noFence } from './fence';

export const sha256 = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(bytes).digest());

/** An agent that keeps everything in memory and survives its lanes. */
export class MemoryAgent implements ControlLaneCore {
  stored: Fence = noFence;
  readonly bodies = new Map<string, Uint8Array>();
  readonly secrets = new Map<string, Uint8Array>();
  wantedSecrets: SecretVersion[] = [];
  /** How often each operation took effect. */
  readonly effects = new Map<string, number>();
  readonly operations = new Map<string, OperationReport>();
  readonly acknowledgedStatus: bigint[] = [];
  pending: PlacementReport[] = [];
  private sequence = 0n;
  /** Pokes of the lane, late-bound. */
  poke: () => void = () => undefined;

  fence = (): Fence => this.stored;
  holds: HeldResource[] = [];
  held = (): HeldResource[] => this.holds;
  serverReport = (): Promise<ServerReport> =>
    Promise.resolve(create(ServerReportSchema, { hostname: 'memory' }));
  refuses = (offer: Fence) => fenceRefuses(this.stored, offer);
  lacks = (hashes: readonly Uint8Array[]) => hashes.filter((hash) => !this.bodies.has(hexOf(hash)));
  putBody = (hash: Uint8Array, bytes: Uint8Array) => void this.bodies.set(hexOf(hash), bytes);
  storeManifest(fence: Fence): Promise<StoreOutcome> {
    this.stored = fence;
    return Promise.resolve({ stored: true, fence });
  }
  secretsNeeded = () => this.wantedSecrets.filter((wanted) => !this.secrets.has(wanted.uid));
  putSecrets(values: readonly SecretValue[]): Promise<void> {
    for (const value of values) this.secrets.set(value.uid, value.value);
    return Promise.resolve();
  }
  startOperation(start: OperationStart): Promise<void> {
    if (this.operations.has(start.uid)) return Promise.resolve();
    this.effects.set(start.uid, (this.effects.get(start.uid) ?? 0) + 1);
    this.operations.set(
      start.uid,
      create(OperationReportSchema, { uid: start.uid, state: OperationReport_State.SUCCEEDED }),
    );
    return Promise.resolve();
  }
  cancelOperation = () => Promise.resolve();
  forgetOperation = (uid: string) => void this.operations.delete(uid);
  unacknowledgedOperations = () => [...this.operations.values()];
  plan = () => Promise.resolve(create(PlanResultSchema, { valid: true, message: 'planned' }));
  serveChallenge: ControlLaneCore['serveChallenge'] = () => Promise.resolve();
  pendingStatus = () => ({ sequence: this.sequence, placements: this.pending });
  acknowledgeStatus(sequence: bigint): void {
    this.acknowledgedStatus.push(sequence);
    if (sequence === this.sequence) this.pending = [];
  }
  report(
    uid: string,
    observedGeneration: bigint,
    more: MessageInitShape<typeof PlacementReportSchema> = {},
  ): void {
    this.sequence += 1n;
    this.pending = [
      ...this.pending.filter((placement) => placement.uid !== uid),
      create(PlacementReportSchema, { ...more, uid, kind: Kind.SITE, observedGeneration }),
    ];
    this.poke();
  }
}

/** The control plane's side of one server, in memory; it survives the lanes too. */
export class MemoryControlPlane implements ControlLaneHost {
  latest: Offer | undefined;
  readonly bodies = new Map<string, Uint8Array>();
  storedFence: Fence = noFence;
  readonly refusals: ManifestRefused[] = [];
  readonly statuses = new Map<string, bigint>();
  readonly ended = new Map<string, number>();
  readonly started = new Set<string>();
  readonly heldReports: HeldReport[] = [];
  /** Of its manifests, and told in its welcome. */
  epoch = 1n;
  failures = 0;
  served = 0;

  manifest(revision: bigint, bodies: readonly Uint8Array[]): void {
    const entries = bodies.map((body, index) => ({
      uid: `uid-${index}`,
      name: `site-${index}`,
      bodySha256: sha256(body),
      bodySize: body.length,
    }));
    const index = toBinary(
      ManifestIndexSchema,
      create(ManifestIndexSchema, { epoch: this.epoch, revision, entries }),
    );
    for (const body of bodies) this.bodies.set(hexOf(sha256(body)), body);
    this.bodies.set(hexOf(sha256(index)), index);
    this.latest = { fence: { epoch: this.epoch, revision, sha256: sha256(index) }, index };
  }

  hello(hello: Hello) {
    const { epoch, revision, manifestSha256 } = hello;
    if (revision > 0n) this.storedFence = { epoch, revision, sha256: manifestSha256 };
    return Promise.resolve({ accepted: true, epoch: this.epoch } as const);
  }
  welcomed = () => undefined;
  held(report: HeldReport): Promise<void> {
    this.heldReports.push(report);
    return Promise.resolve();
  }
  offer = () => Promise.resolve(this.latest);
  body(hash: Uint8Array): Promise<Uint8Array | undefined> {
    this.served += 1;
    return Promise.resolve(this.bodies.get(hexOf(hash)));
  }
  secrets = (wanted: readonly SecretVersion[]) =>
    Promise.resolve(
      wanted.map(({ uid, version }) =>
        create(SecretValueSchema, { uid, version, value: Buffer.alloc(60_000, uid) }),
      ),
    );
  stored(fence: Fence): Promise<void> {
    this.storedFence = fence;
    return Promise.resolve();
  }
  refused(refusal: ManifestRefused): Promise<void> {
    this.refusals.push(refusal);
    return Promise.resolve();
  }
  status(placements: readonly PlacementReport[]): Promise<void> {
    if (this.failures-- > 0) return Promise.reject(new Error('the database restarts'));
    for (const { uid, observedGeneration } of placements) this.statuses.set(uid, observedGeneration);
    return Promise.resolve();
  }
  operation(report: OperationReport): Promise<boolean> {
    this.started.delete(report.uid);
    this.ended.set(report.uid, (this.ended.get(report.uid) ?? 0) + 1);
    return Promise.resolve(true);
  }
  serverReport = () => Promise.resolve();
  sign = () => Promise.resolve(create(SignResponseSchema));
  publishChallenge = () => Promise.resolve(create(ChallengeResultSchema));
  readonly storedBundles: Uint8Array[] = [];
  bundleStored({ caBundleSha256 }: TrustBundleStored): Promise<void> {
    this.storedBundles.push(caBundleSha256);
    return Promise.resolve();
  }
  seen = () => undefined;
}

export const secretVersion = (uid: string): SecretVersion => create(SecretVersionSchema, { uid, version: 1 });
