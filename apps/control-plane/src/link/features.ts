import type {
  HeldReport,
  Hello,
  ManifestRefused,
  OperationReport,
  PlacementReport,
  SecretValue,
  SecretVersion,
  ServerReport,
  TelemetryFrame,
} from '@ostler/contracts';
import type { Fence, Offer } from '@ostler/link-protocol';

/** A server whose agent has proven who it is. */
export interface AgentServer {
  readonly uid: string;
  readonly name: string;
  readonly tenantUid: string;
  /** When the certificate ends that it showed. */
  readonly certificateEndsAt?: Date;
}

/** Another agent that speaks for the same server now. */
export interface LiveAgent {
  readonly machine: string;
}

export type HelloOutcome =
  | {
      readonly letIn: true;
      readonly epoch: bigint;
      /** Not empty: an operator has to decide first; nothing is handed out. */
      readonly holdMessage: string;
      /** Its key was copied: with this it may have another one certified. */
      readonly rekeyNonce?: Uint8Array;
    }
  | { readonly letIn: false; readonly message: string };

/** Who may speak for which server. The fleet is it. */
export interface ServerDirectory {
  /** Undefined when there is no such server, it was removed or revoked, or its key is another one. */
  identify(serverUid: string, keySha256: Buffer): Promise<AgentServer | undefined>;
  /**
   * Durable when it resolves; tells the epoch that manifests of this control plane carry. `live` asks for another
   * agent that speaks for the server at that moment.
   */
  hello(server: AgentServer, hello: Hello, live: () => LiveAgent | undefined): Promise<HelloOutcome>;
  /**
   * Certifies another key from now on and never the one before. @throws AppError DENIED when the nonce is not the one
   * that this server's lane was told.
   */
  rekey(server: AgentServer, keySha256: Buffer, nonce: Uint8Array): Promise<void>;
  bundleStored(server: AgentServer, bundleSha256: Uint8Array): Promise<void>;
  report(server: AgentServer, report: ServerReport): Promise<void>;
}

/** What servers should have. The manifest room is it. */
export interface ManifestSource {
  /** What an agent of an earlier epoch holds: what is not known here is an orphan. */
  held(serverUid: string, report: HeldReport): Promise<void>;
  offerFor(serverUid: string): Promise<Offer | undefined>;
  /** Only what the manifest of this server carries. */
  body(sha256: Uint8Array, serverUid: string): Promise<Uint8Array | undefined>;
  secretsFor(serverUid: string, wanted: readonly SecretVersion[]): Promise<SecretValue[]>;
  stored(serverUid: string, fence: Fence): Promise<void>;
  refused(serverUid: string, refusal: ManifestRefused): Promise<void>;
  status(serverUid: string, placements: readonly PlacementReport[]): Promise<void>;
}

/** Content of releases. The releases room is it. */
export interface ContentSource {
  /** The exact bytes of the index; undefined when this server has no business with the release. */
  index(serverUid: string, digest: string): Promise<Uint8Array | undefined>;
  read(serverUid: string, sha256: Uint8Array, offset: bigint): Promise<AsyncIterable<Uint8Array> | undefined>;
}

/** What agents say of operations. The operations room is it. */
export interface OperationSink {
  /** The lane of this server runs: send what it has not taken yet. `known`: what its hello spoke of. */
  connected(server: AgentServer, known: readonly string[]): void;
  /** True when the agent may forget it. */
  report(server: AgentServer, report: OperationReport): Promise<boolean>;
  /** One transaction; what was stored before is not stored twice. */
  output(server: AgentServer, frames: readonly TelemetryFrame[]): Promise<void>;
}

/** Lane events, for whoever computes the state of servers. Called at once, must not wait. */
export interface PulseListener {
  connected(serverUid: string): void;
  frame(serverUid: string): void;
  /** `why` in words, for people. `inOrder`: the agent said that it ends. */
  disconnected(serverUid: string, why: string, inOrder?: boolean): void;
}

/** Rooms register here what agents ask for; the link knows none of them. */
export class AgentFeatures {
  readonly pulse: PulseListener[] = [];
  private registered: Partial<Features> = {};

  register(features: Partial<Features>): void {
    this.registered = { ...this.registered, ...features };
  }

  /** @throws when the room that serves it was not started. */
  get<K extends keyof Features>(name: K): Features[K] {
    const feature = this.registered[name];
    if (!feature) throw new Error(`nobody registered ${name} with the link`);
    return feature;
  }
}

interface Features {
  readonly directory: ServerDirectory;
  readonly manifests: ManifestSource;
  readonly content: ContentSource;
  readonly operations: OperationSink;
}
