import {
  type ChallengePublish,
  type ChallengeResult,
  ErrorReason,
  type SignRequest,
  type SignResponse,
  type Welcome,
} from '@ostler/contracts';
import { AppError, type Clock } from '@ostler/kernel';
import type { AgentIdentity, LaneTiming } from '@ostler/link-protocol';
import type { Files } from '../host/fs/port';
import type { Log } from '../telemetry';
import { ContentClient } from './content-client';
import { ControlConnection } from './control-connection';
import type { AgentCore, Link } from './core.port';
import { Dialer } from './dialer';
import { KeptIdentity, type Reach } from './kept-identity';
import { refusesEpoch } from './signed-epoch';
import { TelemetryConnection } from './telemetry-connection';

export interface AgentLinkOptions {
  readonly core: AgentCore;
  /** `identity/` of the state folder. */
  readonly identityFolder: string;
  readonly identity: AgentIdentity;
  readonly files: Files;
  readonly clock: Clock;
  readonly log: Log;
  readonly timing?: LaneTiming;
  readonly reach?: Reach;
  /** This agent is a copy of another server: it has forgotten who it is, and the process is to end. */
  readonly forgotten?: (message: string) => void;
}

/** The agent's link while it runs. */
export interface RunningLink extends Link {
  /** Who this server is to its control plane. */
  readonly server: { readonly uid: string; readonly name: string };
  start(): void;
  stop(): Promise<void>;
}

/** @throws AppError when this server has not joined, or when what it trusts is not what it should be. */
export async function createLink(options: AgentLinkOptions): Promise<RunningLink> {
  return new AgentLink(options, await KeptIdentity.open(options));
}

class AgentLink implements RunningLink {
  private readonly stopping = new AbortController();
  private readonly dialer: Dialer;
  private readonly control: ControlConnection;
  private readonly telemetry: TelemetryConnection;
  private readonly content: ContentClient;
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: AgentLinkOptions,
    private readonly kept: KeptIdentity,
  ) {
    const { core, clock, log, identity, timing } = options;
    this.dialer = new Dialer(() => kept.located);
    this.content = new ContentClient(this.dialer, clock);
    this.telemetry = new TelemetryConnection({ spool: core, dialer: this.dialer, clock, log });
    this.control = new ControlConnection({
      core,
      dialer: this.dialer,
      identity,
      clock,
      log,
      timing,
      prepare: (failures) => kept.prepare(failures),
      // Whoever comes back dials once; its output follows when it was welcomed.
      ended: () => (this.telemetry.windowBytes = undefined),
      hasTwoKeys: () => kept.hasTwoKeys(),
      forgotten: (message) => this.forget(message),
      trust: {
        continuity: kept.hello,
        refusesEpoch: (welcome) => refusesEpoch(welcome, kept.caPem),
        welcomed: (welcome) => this.welcomed(welcome),
        skewMs: () => kept.skewMs,
        keepBundle: kept.keepBundle,
        rekey: (nonce) => kept.rekey(nonce, this.dialer, () => this.dialAgain()),
      },
    });
  }

  get server() {
    return this.kept.server;
  }

  get connected(): boolean {
    return this.control.lane?.running ?? false;
  }

  start(): void {
    const { signal } = this.stopping;
    this.running = Promise.all([
      this.control.run(signal),
      this.telemetry.run(signal),
      this.kept.keepRenewed(this.dialer, signal),
    ]);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.content.close();
    await this.running;
  }

  pokeStatus = (): void => this.control.lane?.pokeStatus();
  pokeOperations = (): void => this.control.lane?.pokeOperations();
  pokeServerReport = (): void => this.control.lane?.pokeServerReport();
  pokeTelemetry = (): void => this.telemetry.poke();

  sign(request: SignRequest): Promise<SignResponse> {
    return this.control.lane?.sign(request) ?? Promise.reject(notConnected());
  }

  publishChallenge(request: ChallengePublish): Promise<ChallengeResult> {
    return this.control.lane?.publishChallenge(request) ?? Promise.reject(notConnected());
  }

  fetchRelease(digest: string): Promise<Uint8Array> {
    return this.content.release(digest);
  }

  fetchFile(sha256: Uint8Array, offset: bigint): AsyncIterable<Uint8Array> {
    return this.content.file(sha256, offset);
  }

  fetchAgentPackage(sha256: Uint8Array, offset: bigint): AsyncIterable<Uint8Array> {
    return this.content.agentPackage(sha256, offset);
  }

  private welcomed(welcome: Welcome): void {
    this.kept.welcomed(welcome);
    this.options.log.info('connected to the control plane', { server: this.server.name });
    // A held agent keeps its output: nobody takes it before an operator has decided.
    this.telemetry.windowBytes = welcome.holdMessage === '' ? welcome.telemetryWindowBytes : undefined;
    this.telemetry.poke();
  }

  /** With what this server is known by now. */
  private dialAgain(): void {
    this.control.lane?.stop();
    this.telemetry.restart();
  }

  private async forget(message: string): Promise<void> {
    this.options.log.error(message);
    await this.kept.forget();
    this.options.forgotten?.(message);
  }
}

function notConnected(): AppError {
  return new AppError(
    ErrorReason.UNAVAILABLE,
    'The control plane is not connected; the agent asks again later.',
  );
}
