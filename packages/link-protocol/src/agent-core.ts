import type {
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
} from '@ostler/contracts';
import type { Fence } from './fence';

export type StoreOutcome =
  | {
      readonly stored: true;
      readonly fence: Fence;
      /** Resources of it that were not taken; the others are stored. */
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
  lacks(sha256: readonly Uint8Array[]): Uint8Array[];
  /** Its hash has been checked. */
  putBody(sha256: Uint8Array, bytes: Uint8Array): void;
  storeManifest(offer: Fence, index: Uint8Array): Promise<StoreOutcome>;

  secretsNeeded(): SecretVersion[];
  putSecrets(values: readonly SecretValue[]): Promise<void>;

  startOperation(start: OperationStart): Promise<void>;
  cancelOperation(uid: string): Promise<void>;
  forgetOperation(uid: string): void;
  unacknowledgedOperations(): OperationReport[];

  plan(request: PlanRequest): Promise<PlanResult>;
  serveChallenge(challenge: ChallengeServe): Promise<void>;

  /** Stays below `mostBytes`; what does not fit comes with the next. */
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
