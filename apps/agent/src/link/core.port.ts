import type { ChallengePublish, ChallengeResult, SignRequest, SignResponse } from '@ostler/contracts';
import type { ControlLaneCore, Fence, StoreOutcome, TelemetrySpool } from '@ostler/link-protocol';

export type { Fence, StoreOutcome };

/** What the link asks of the rest of the agent. Everything here survives a crash once it has returned. */
export interface AgentCore extends ControlLaneCore, TelemetrySpool {}

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
  /** A package of the agent itself; the caller checks its digest. */
  fetchAgentPackage(sha256: Uint8Array, offset: bigint): AsyncIterable<Uint8Array>;
}
