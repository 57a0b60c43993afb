import type {
  CertificateSpec,
  CertificateStatus,
  Condition,
  Edge,
  FileChange,
  Kind,
  SiteSpec,
  SiteStatus,
} from '@ostler/contracts';
import type { Clock, ResourceUid, TenantUid } from '@ostler/kernel';

/** The compiled spec of each kind, as `case` and `value` of ManifestBody. */
export type CompiledSpec =
  | { readonly case: 'site'; readonly value: SiteSpec }
  | { readonly case: 'certificate'; readonly value: CertificateSpec };

/** A resource that the stored manifest places on this server. */
export interface PlacedResource {
  readonly uid: ResourceUid;
  readonly kind: Kind;
  readonly name: string;
  readonly tenantUid: TenantUid;
  readonly generation: bigint;
  readonly epoch: bigint;
  readonly spec: CompiledSpec;
  /** What the spec references, resolved by the control plane. */
  readonly edges: readonly Edge[];
}

/** What a driver publishes for the plans of the resources that reference it. */
export interface CertificateOutput {
  readonly case: 'certificate';
  /** Absolute paths; the key is readable by root alone. */
  readonly certificatePath: string;
  readonly privateKeyPath: string;
  /** SHA-256 of the leaf, hexadecimal: a change of it is a change of the plan. */
  readonly fingerprint: string;
  readonly domains: readonly string[];
  readonly notAfterMs: number;
}

export type Output = CertificateOutput;

export interface Reconciled {
  /** At least Ready. */
  readonly conditions: readonly Condition[];
  readonly detail?:
    | { readonly case: 'site'; readonly value: SiteStatus }
    | { readonly case: 'certificate'; readonly value: CertificateStatus };
  /** Absent keeps nothing: dependants plan without it. */
  readonly output?: Output;
  readonly drift?: readonly FileChange[];
  /** Reconcile again after this long even if nothing wakes it (renewal, retry, re-resolve). */
  readonly wakeAfterMs?: number;
}

/** What a dry run found for one resource. */
export interface Previewed {
  readonly valid: boolean;
  readonly message: string;
  readonly files: readonly FileChange[];
  readonly actions: readonly string[];
}

/** What every driver is given. Nothing else of the agent is reachable from a driver. */
export interface DriverContext {
  readonly clock: Clock;
  readonly log: (line: string, fields?: Record<string, unknown>) => void;
  /** The cleartext of a secret that the manifest references; undefined while it has not arrived. */
  secret(uid: string, version: number): Uint8Array | undefined;
  /** The output of a referenced resource; undefined while it has none. */
  output(uid: string): Output | undefined;
  /** Every resource of the manifest of this kind: the Certificate driver finds the servers' sites. */
  placed(kind: Kind): readonly PlacedResource[];
  /** Folder with the content of a release, fetched, checked and complete; atomic, never half there. */
  release(digest: string): Promise<string>;
  /**
   * Gives this resource's place in the queue to another one while it waits for something shared, like the
   * commit of a target: 500 resources join one commit instead of as many commits as the queue has places.
   */
  parked<T>(wait: () => Promise<T>): Promise<T>;
  /** Reconcile this resource soon: an upstream changed its health, a file was edited. */
  wake(uid: ResourceUid): void;
}

/**
 * The agent's code for one kind. Each call is safe to run again after a crash at any point.
 * `reconcile` observes, plans (purely) and applies; it reports failure as conditions and throws only for
 * what the caller should retry with back-off (AppError, its message becomes Ready=False).
 */
export interface Driver {
  readonly kind: Kind;
  /** Checks what the control plane sent as if it were hostile; throws AppError with violations. */
  check(resource: PlacedResource): void;
  reconcile(resource: PlacedResource, context: DriverContext, signal: AbortSignal): Promise<Reconciled>;
  /** Carries out a tombstone: afterwards nothing that the resource owned is left. */
  remove(uid: ResourceUid, context: DriverContext, signal: AbortSignal): Promise<void>;
  /** Plans several changes together in a shadow tree; changes nothing. Empty `resource`: removed. */
  preview(changes: readonly PreviewChange[], context: DriverContext, signal: AbortSignal): Promise<Previewed>;
}

export interface PreviewChange {
  readonly uid: ResourceUid;
  readonly resource?: PlacedResource;
}
