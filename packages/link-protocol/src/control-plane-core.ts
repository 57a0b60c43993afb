import type {
  ChallengePublish,
  ChallengeResult,
  ChangeCause,
  HeldReport,
  Hello,
  ManifestRefused,
  OperationReport,
  PlacementReport,
  SecretValue,
  SecretVersion,
  ServerReport,
  SignedEpoch,
  SignRequest,
  SignResponse,
  TrustBundleStored,
} from '@ostler/contracts';
import type { Fence } from './fence';
import type { GoAwayReason } from './lane-end';

/** The newest manifest of a server. */
export interface Offer {
  readonly fence: Fence;
  readonly index: Uint8Array;
  /** The calls that led to it, for the agent's log. */
  readonly causes?: readonly ChangeCause[];
}

export type Greeting =
  | {
      readonly accepted: true;
      readonly epoch: bigint;
      /** The authority's word for an epoch above 1. */
      readonly signedEpoch?: SignedEpoch;
      /** An operator has to decide about this server first: the host hands it nothing meanwhile. */
      readonly holdMessage?: string;
    }
  | {
      readonly accepted: false;
      readonly reason: GoAwayReason;
      readonly message: string;
      readonly retryAfterMs: number;
    };

/**
 * What the control plane's end of one agent's lane asks. Whatever writes is durable when it resolves, and
 * safe to repeat: a call that rejects with anything but an AppError is made again while the lane lives.
 */
export interface ControlLaneHost {
  /**
   * May refuse: the server was removed or revoked, another instance of the agent holds the lane. It takes the fence of
   * the hello as `stored` does: the agent's word may have been lost with the lane before.
   */
  hello(hello: Hello): Promise<Greeting>;
  /** The lane runs: the welcome was sent. */
  welcomed(): void;
  /**
   * What an agent of an earlier epoch holds, told once before any manifest of this one is offered: what is not
   * known here is an orphan.
   */
  held(report: HeldReport): Promise<void>;
  /** Undefined when nothing was ever compiled for this server. */
  offer(): Promise<Offer | undefined>;
  /** Only of this server's manifest. */
  body(sha256: Uint8Array): Promise<Uint8Array | undefined>;
  secrets(wanted: readonly SecretVersion[]): Promise<SecretValue[]>;
  stored(fence: Fence): Promise<void>;
  refused(refusal: ManifestRefused): Promise<void>;
  status(placements: readonly PlacementReport[]): Promise<void>;
  /** True when the agent may forget it: its end is durable, or it is unknown here. */
  operation(report: OperationReport): Promise<boolean>;
  serverReport(report: ServerReport): Promise<void>;
  sign(request: SignRequest): Promise<SignResponse>;
  publishChallenge(request: ChallengePublish): Promise<ChallengeResult>;
  /** The agent trusts these roots durably. */
  bundleStored(stored: TrustBundleStored): Promise<void>;
  /** A frame came; never waits. */
  seen(): void;
}
