import {
  type ChallengePublish,
  type ChallengeResult,
  ErrorReason,
  type SignRequest,
  type SignResponse,
} from '@ostler/contracts';
import { AppError, type Clock, messageOf } from '@ostler/kernel';
import type { AgentIdentity, LaneTiming } from '@ostler/link-protocol';
import type { Files } from '../host/fs/port';
import type { Log } from '../telemetry';
import { ContentClient } from './content-client';
import { ControlConnection } from './control-connection';
import type { AgentCore, Link } from './core.port';
import { Dialer } from './dialer';
import { type Identity, IdentityFolder } from './identity-folder';
import { recover } from './join';
import { isExpired, keepRenewed } from './renewal';
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
  /** Where the control plane is now, when that is not what joining told. Never stored. */
  readonly reach?: { readonly controlUrl?: string; readonly agentAddress?: string; readonly proxy?: string };
}

/** The agent's link while it runs. */
export interface RunningLink extends Link {
  /** Who this server is to its control plane. */
  readonly server: { readonly uid: string; readonly name: string };
  start(): void;
  stop(): Promise<void>;
}

/** After this many attempts without a welcome the certificate is asked for anew: clocks may be wrong. */
const ATTEMPTS_BEFORE_RECOVERY = 5;

/** @throws AppError when this server has not joined, or when others can read what proves who it is. */
export async function createLink(options: AgentLinkOptions): Promise<RunningLink> {
  const folder = new IdentityFolder(options.files, options.identityFolder);
  return new AgentLink(options, folder, await folder.load());
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
    private readonly folder: IdentityFolder,
    private current: Identity,
  ) {
    const { core, clock, log, identity, timing } = options;
    this.dialer = new Dialer(() => this.located);
    this.content = new ContentClient(this.dialer, clock);
    this.telemetry = new TelemetryConnection({ spool: core, dialer: this.dialer, clock, log });
    this.control = new ControlConnection({
      core,
      dialer: this.dialer,
      identity,
      clock,
      log,
      timing,
      prepare: (failures) => this.prepare(failures),
      welcomed: (welcome) => {
        log.info('connected to the control plane', { server: this.current.serverName });
        this.telemetry.windowBytes = welcome.telemetryWindowBytes;
        this.telemetry.poke();
      },
    });
  }

  /** The identity with the addresses that hold now. */
  private get located(): Identity {
    const { controlUrl, agentAddress, proxy } = this.options.reach ?? {};
    return {
      ...this.current,
      ...(controlUrl === undefined ? {} : { controlUrl }),
      ...(agentAddress === undefined ? {} : { agentAddress }),
      ...(proxy === undefined ? {} : { proxy }),
    };
  }

  get server() {
    return { uid: this.current.serverUid, name: this.current.serverName };
  }

  get connected(): boolean {
    return this.control.lane?.running ?? false;
  }

  start(): void {
    const { signal } = this.stopping;
    const { clock, log } = this.options;
    const renewal = {
      dialer: this.dialer,
      folder: this.folder,
      clock,
      log,
      identity: () => this.located,
      renewed: (identity: Identity) => (this.current = identity),
    };
    this.running = Promise.all([
      this.control.run(signal),
      this.telemetry.run(signal),
      keepRenewed(renewal, signal),
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

  /** A server that was off for longer than its certificate lives asks for it as it did when it joined. */
  private async prepare(failures: number): Promise<void> {
    const { clock, log, identity } = this.options;
    const hopeless = failures > 0 && failures % ATTEMPTS_BEFORE_RECOVERY === 0;
    if (!hopeless && !isExpired(this.current.chainPem, clock.now())) return;
    try {
      this.current = await recover(this.located, identity.agentVersion, this.folder);
      log.info('got a new certificate through the public listener');
    } catch (error) {
      // The old one may still do: it is the control plane's clock that counts.
      log.debug(`no new certificate: ${messageOf(error)}`);
    }
  }
}

function notConnected(): AppError {
  return new AppError(
    ErrorReason.UNAVAILABLE,
    'The control plane is not connected; the agent asks again later.',
  );
}
