import type {
  ChallengeServe,
  ChangeCause,
  HeldResource,
  OperationReport,
  OperationStart,
  PlacementReport,
  PlanRequest,
  PlanResult,
  SecretValue,
  SecretVersion,
  ServerReport,
} from '@ostler/contracts';
import type { Fence } from './fence';

export type StoreOutcome =
  | {
      readonly stored: true;
      readonly fence: Fence;
      /** Resources whose new body was not taken: they keep their last one, all others are taken. */
      readonly refused?: Refusal;
    }
  | ({ readonly stored: false } & Refusal);

export interface Refusal {
  readonly reason: string;
  readonly message: string;
  readonly uids: readonly string[];
}

/** What the agent's end of the control lane asks of the agent. All of it survives a crash once it returned. */
export interface ControlLaneCore {
  fence(): Fence;
  held(): HeldResource[];
  serverReport(): Promise<ServerReport>;

  /** Checks the fence before bodies are asked for: undefined when the offer may be taken. */
  refuses(offer: Fence): { reason: string; message: string } | undefined;
  /** Which of these hashes the store lacks. */
  lacks(sha256: readonly Uint8Array[]): Uint8Array[];
  /** Keeps a body; its hash has been checked. After a crash it may be lacking again. */
  putBody(sha256: Uint8Array, bytes: Uint8Array): void;
  /** All bodies of the index are there. Durable when it returns; reconciling begins by itself. */
  storeManifest(offer: Fence, index: Uint8Array, causes?: readonly ChangeCause[]): Promise<StoreOutcome>;

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
   * What changed since the last acknowledged report, coalesced; empty when nothing. At most `mostBytes` of
   * reports, the oldest change first: the rest comes with the next call.
   */
  pendingStatus(mostBytes: number): { readonly sequence: bigint; readonly placements: PlacementReport[] };
  acknowledgeStatus(sequence: bigint): void;
}

/** What the agent says of itself in the hello. */
export interface AgentIdentity {
  readonly agentVersion: string;
  readonly featureLevel: number;
  readonly bootId: string;
  /** Made anew at each start of the agent. */
  readonly instanceId: string;
}
