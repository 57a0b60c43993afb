import type {
  ChallengePublish,
  ChallengeResult,
  ChallengeServe,
  HeldResource,
  OperationReport,
  OperationStart,
  PlacementReport,
  PlanRequest,
  PlanResult,
  SecretValue,
  SecretVersion,
  ServerReport,
  SignRequest,
  SignResponse,
  TelemetryFrame,
} from '@ostler/contracts';
import type { Fence } from '../store';

export type { Fence };

export type StoreOutcome =
  | {
      readonly stored: true;
      readonly fence: Fence;
      /** Resources whose new body was not taken: they keep their last one, all others are taken. */
      readonly refused?: {
        readonly reason: string;
        readonly message: string;
        readonly uids: readonly string[];
      };
    }
  | {
      readonly stored: false;
      readonly reason: string;
      readonly message: string;
      readonly uids: readonly string[];
    };

/** What the link asks of the rest of the agent. Everything here survives a crash once it has returned. */
export interface AgentCore {
  fence(): Fence;
  held(): HeldResource[];
  serverReport(): Promise<ServerReport>;

  /** Checks the fence before bodies are asked for: undefined when the offer may be taken. */
  refuses(offer: Fence): { reason: string; message: string } | undefined;
  /** Which of these hashes the store lacks. */
  lacks(sha256: readonly Uint8Array[]): Uint8Array[];
  /** Keeps a body; its hash has been checked by the link. After a crash it may be lacking again. */
  putBody(sha256: Uint8Array, bytes: Uint8Array): void;
  /** All bodies of the index are there. Durable when it returns; reconciling begins by itself. */
  storeManifest(offer: Fence, index: Uint8Array): Promise<StoreOutcome>;

  /** Secrets that the stored manifest references and the store lacks. */
  secretsNeeded(): SecretVersion[];
  putSecrets(values: readonly SecretValue[]): Promise<void>;

  /** Journalled when it resolves. The same uid again is the same operation. */
  startOperation(start: OperationStart): Promise<void>;
  cancelOperation(uid: string): Promise<void>;
  /** The control plane has the end durably. */
  forgetOperation(uid: string): void;
  unacknowledgedOperations(): OperationReport[];

  plan(request: PlanRequest): Promise<PlanResult>;
  /** Resolves when this server answers the challenge; rejects with why not. */
  serveChallenge(challenge: ChallengeServe): Promise<void>;

  /**
   * What changed since the last acknowledged report, coalesced; empty when nothing. At most `mostBytes`
   * of reports, the oldest change first: the rest comes with the next call.
   */
  pendingStatus(mostBytes: number): { readonly sequence: bigint; readonly placements: PlacementReport[] };
  acknowledgeStatus(sequence: bigint): void;

  /** Batches after `sequence`, at most `mostBytes`; the spool keeps them until acknowledged. */
  pendingTelemetry(afterSequence: bigint, mostBytes: number): TelemetryFrame[];
  acknowledgeTelemetry(sequence: bigint): void;
}

/** What the rest of the agent asks of the link. */
export interface Link {
  readonly connected: boolean;
  /** There may be a new status, operation report, server report or telemetry: wake-ups carry no data. */
  pokeStatus(): void;
  pokeOperations(): void;
  pokeServerReport(): void;
  pokeTelemetry(): void;
  /** Rejects with AppError UNAVAILABLE while not connected. */
  sign(request: SignRequest): Promise<SignResponse>;
  publishChallenge(request: ChallengePublish): Promise<ChallengeResult>;
  /** The exact bytes of a ReleaseIndex; the caller checks its digest. */
  fetchRelease(digest: string): Promise<Uint8Array>;
  fetchFile(sha256: Uint8Array, offset: bigint): AsyncIterable<Uint8Array>;
}
