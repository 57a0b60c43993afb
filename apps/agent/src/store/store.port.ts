import type {
  ManifestEntry,
  OperationReport,
  OperationStart,
  PlacementReport,
  SecretValue,
  SecretVersion,
  TelemetryFrame,
  Tombstone,
} from '@ostler/contracts';
import type { Fence } from './fence';

/** A resource that this server holds. */
export interface HeldEntry {
  readonly uid: string;
  /** What is reconciled; absent when no body of it was ever taken. */
  readonly accepted?: ManifestEntry;
  /** The newest entry when its body was not taken; the accepted one stays in force beside it. */
  readonly refused?: RefusedEntry;
  /** False when the newest manifest does not name it: it is kept and healed, never removed for that. */
  readonly placed: boolean;
}

export interface RefusedEntry {
  readonly entry: ManifestEntry;
  /** UNKNOWN_FIELD, UNKNOWN_KIND or INVALID. */
  readonly reason: string;
  readonly message: string;
}

export interface HeldTombstone {
  readonly tombstone: Tombstone;
  /** Carried out; kept until the control plane stops sending it. */
  readonly done: boolean;
}

/** A judged manifest, stored as one. */
export interface ManifestChange {
  readonly fence: Fence;
  /** The exact bytes of the index. */
  readonly index: Uint8Array;
  readonly accepted: readonly AcceptedEntry[];
  readonly refused: readonly RefusedEntry[];
  readonly tombstones: readonly Tombstone[];
}

export interface AcceptedEntry {
  readonly entry: ManifestEntry;
  /** Secrets that its body references; absent when the body is the one that was accepted before. */
  readonly secrets?: readonly SecretVersion[];
}

/** The stored manifest and the bodies that it names. */
export interface Ledger {
  fence(): Fence;
  /** The exact bytes that were stored last. */
  index(): Uint8Array | undefined;
  has(sha256: Uint8Array): boolean;
  body(sha256: Uint8Array): Uint8Array | undefined;
  /** Durable with the manifest that names it; before that, a crash may lose it. */
  putBody(sha256: Uint8Array, bytes: Uint8Array): void;
  /** Stores everything or nothing; bodies that nothing names any more are dropped. */
  commit(change: ManifestChange): void;
  entry(uid: string): HeldEntry | undefined;
  /** By uid, ascending; read in parts, as there may be thousands. */
  entries(): Iterable<HeldEntry>;
  tombstone(uid: string): HeldTombstone | undefined;
  tombstones(): HeldTombstone[];
  /** The resource is gone from this server: forgets its entry and output, keeps the tombstone as done. */
  finishTombstone(uid: string): void;
}

/** Cleartext of the secrets that the manifest references, readable by root alone. */
export interface Secrets {
  needed(): SecretVersion[];
  value(uid: string, version: number): Uint8Array | undefined;
  /** Keeps what is needed, ignores the rest; says which resources reference what is new. */
  put(values: readonly SecretValue[]): string[];
}

/** What drivers published, so that a restarted agent plans with it at once. */
export interface Outputs {
  /** As JSON, by uid. */
  all(): Map<string, string>;
  put(uid: string, output: string | undefined): void;
}

/** Status on its way to the control plane. */
export interface StatusOutbox {
  /** The last report of a resource, acknowledged or not. */
  of(uid: string): PlacementReport | undefined;
  /** Every last report, by uid; read in parts. */
  all(): Iterable<PlacementReport>;
  put(reports: readonly PlacementReport[]): void;
  /** The oldest reports after the last acknowledged one, with the sequence that acknowledges them. */
  pending(mostBytes: number): { readonly sequence: bigint; readonly placements: PlacementReport[] };
  /** An old or unknown sequence changes nothing. */
  acknowledge(sequence: bigint): void;
}

export interface JournalEntry {
  readonly start: OperationStart;
  readonly report: OperationReport;
  /** The effect may have begun. */
  readonly begun: boolean;
  /** Output up to here is in the spool. */
  readonly shippedBytes: number;
  /** The control plane has the end. */
  readonly forgotten: boolean;
}

/** Operations, written down before they act. */
export interface Journal {
  get(uid: string): JournalEntry | undefined;
  /** Those whose end the control plane does not have. */
  open(): JournalEntry[];
  /** False when the uid is there already, forgotten or not: it never begins twice. */
  accept(start: OperationStart, report: OperationReport): boolean;
  /** From here on the effect may have begun. */
  begin(report: OperationReport): void;
  /** Progress and end. An ended operation stays as it is. */
  update(report: OperationReport): void;
  /** The uid stays known for long after, against a start that comes again. */
  forget(uid: string): void;
  shipped(uid: string, bytes: number): void;
}

/** Telemetry until it is acknowledged, bounded. */
export interface Spool {
  /** Whether a frame of this size fits; a producer that can wait, waits. */
  hasRoom(bytes: number): boolean;
  append(frame: Omit<TelemetryFrame, '$typeName' | 'sequence'>): bigint;
  /** In order, at most `mostBytes` but at least one when there is one. */
  after(sequence: bigint, mostBytes: number): TelemetryFrame[];
  acknowledge(sequence: bigint): void;
  /** Frames of this operation that are not acknowledged. */
  holds(operationUid: string): boolean;
}

/** Everything that the agent must know after a crash. Calls are synchronous and durable when they return. */
export interface Store {
  readonly ledger: Ledger;
  readonly secrets: Secrets;
  readonly outputs: Outputs;
  readonly statuses: StatusOutbox;
  readonly journal: Journal;
  readonly spool: Spool;
  /** All of it or nothing; nested calls join the outer one. */
  transaction<T>(run: () => T): T;
  close(): void;
}
