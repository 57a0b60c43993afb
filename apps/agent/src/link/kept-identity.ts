import { X509Certificate } from 'node:crypto';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Welcome } from '@ostler/contracts';
import { type Clock, messageOf } from '@ostler/kernel';
import { bundleSha256, type HelloContinuity } from '@ostler/link-protocol';
import type { Files } from '../host/fs/port';
import type { Log } from '../telemetry';
import { BelievedClock } from './believed-clock';
import { Continuity, machineName } from './continuity';
import type { Dialer } from './dialer';
import { certificatesOf } from './identity-checks';
import { type Identity, IdentityFolder } from './identity-folder';
import { recover } from './recovery';
import { isExpired, keepRenewed, rekeyOnce, type RenewalOptions } from './renewal';

/** Where the control plane is now, when that is not what joining told. Never stored. */
export interface Reach {
  readonly controlUrl?: string;
  readonly agentAddress?: string;
  readonly proxy?: string;
}

export interface KeptIdentityOptions {
  readonly files: Files;
  /** `identity/` of the state folder. */
  readonly identityFolder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly reach?: Reach;
}

/** After this many attempts without a welcome the certificate is asked for anew: clocks may be wrong. */
const ATTEMPTS_BEFORE_RECOVERY = 5;
/** Of a clock that is wrong by more than this people should hear. */
const NOTABLE_SKEW_MS = 60_000;

/** Who this server is, and everything that keeps that true while the agent runs: renewal, recovery, new keys, new roots. */
export class KeptIdentity {
  private readonly believed: BelievedClock;
  private readonly continuity: Continuity;
  private rekeying: Promise<void> | undefined;

  private constructor(
    private readonly options: KeptIdentityOptions,
    private readonly folder: IdentityFolder,
    private current: Identity,
    private readonly machine: string,
  ) {
    this.believed = new BelievedClock(options.clock);
    this.continuity = new Continuity(options.files, options.identityFolder);
  }

  /** @throws AppError UNAVAILABLE when this server has not joined, or what it trusts is not what it should be. */
  static async open(options: KeptIdentityOptions): Promise<KeptIdentity> {
    const { files, identityFolder, clock } = options;
    const folder = new IdentityFolder(files, identityFolder, () => clock.now());
    const kept = new KeptIdentity(options, folder, await folder.load(), await machineName(files));
    await kept.continuity.check();
    return kept;
  }

  get server() {
    return { uid: this.current.serverUid, name: this.current.serverName };
  }

  get caPem(): string {
    return this.current.caPem;
  }

  /** This server's clock minus the control plane's; 0 until that is known. */
  get skewMs(): number {
    return this.believed.skewMs ?? 0;
  }

  /** The identity with the addresses that hold now. */
  get located(): Identity {
    const { controlUrl, agentAddress, proxy } = this.options.reach ?? {};
    return {
      ...this.current,
      ...(controlUrl === undefined ? {} : { controlUrl }),
      ...(agentAddress === undefined ? {} : { agentAddress }),
      ...(proxy === undefined ? {} : { proxy }),
    };
  }

  /** For the next hello; what it counts is durable. */
  readonly hello = async (): Promise<HelloContinuity> => ({
    helloCounter: await this.continuity.next(),
    machine: this.machine,
    caBundleSha256: this.bundleSha256,
  });

  welcomed({ clock, holdMessage }: Welcome): void {
    const { log } = this.options;
    if (clock) this.hear(timestampMs(clock));
    if (holdMessage !== '') log.warn(`held by the control plane: ${holdMessage}`);
    this.continuity.welcomed(holdMessage !== '').catch((error: unknown) => {
      log.error(`it could not be kept whether this server is held: ${messageOf(error)}`);
    });
  }

  /** Durable when it resolves. New connections trust these roots; those that are up stay. */
  readonly keepBundle = async (roots: readonly Uint8Array[]): Promise<Uint8Array> => {
    this.current = { ...this.current, caPem: await this.folder.saveBundle(roots) };
    this.options.log.info('the control plane has other roots now', { roots: roots.length });
    return this.bundleSha256;
  };

  /** Makes another key; `done` when this server is known by it. A second order of the same meanwhile is none. */
  rekey(nonce: Uint8Array, dialer: Dialer, done: () => void): void {
    this.rekeying ??= this.replaceKey(nonce, dialer, done).finally(() => (this.rekeying = undefined));
  }

  private async replaceKey(nonce: Uint8Array, dialer: Dialer, done: () => void): Promise<void> {
    const { log } = this.options;
    try {
      await rekeyOnce(this.renewal(dialer), nonce).catch((error: unknown) => {
        // The answer may have been lost: the public listener knows which of the two keys is the one.
        log.warn(`another key could not be made: ${messageOf(error)}`);
        return this.recoverNow();
      });
      log.info('this server has another key now, because the old one was copied');
      done();
    } catch (error) {
      log.warn(`it is not known yet which key is the one: ${messageOf(error)}`);
    }
  }

  /** Another key was made, and it is not known yet whether it is the one. */
  async hasTwoKeys(): Promise<boolean> {
    return (await this.folder.nextKey()) !== undefined;
  }

  /** Before each attempt: a server that was off for longer than its certificate lives gets a new one. */
  async prepare(failures: number): Promise<void> {
    const hopeless = failures > 0 && failures % ATTEMPTS_BEFORE_RECOVERY === 0;
    const unsettled = !this.rekeying && (await this.hasTwoKeys());
    if (!hopeless && !unsettled && !isExpired(this.current.chainPem, this.believed.now())) return;
    try {
      await this.recoverNow();
      this.options.log.info('got a new certificate through the public listener');
    } catch (error) {
      // The old one may still do: it is the control plane's clock that counts.
      this.options.log.debug(`no new certificate: ${messageOf(error)}`);
    }
  }

  keepRenewed(dialer: Dialer, signal: AbortSignal): Promise<void> {
    return keepRenewed(this.renewal(dialer), signal);
  }

  /** This is a copy of another server: nothing here proves any more who it is. */
  forget(): Promise<void> {
    return this.folder.forget();
  }

  private renewal(dialer: Dialer): RenewalOptions {
    const { clock, log } = this.options;
    return {
      dialer,
      folder: this.folder,
      clock,
      log,
      nowMs: () => this.believed.now(),
      identity: () => this.current,
      renewed: (identity) => (this.current = identity),
    };
  }

  private async recoverNow(): Promise<void> {
    const { identity, clockMs } = await recover(this.located, this.folder);
    if (clockMs !== undefined) this.hear(clockMs);
    const { controlUrl, proxy } = this.current;
    this.current = { ...identity, controlUrl, proxy };
    await this.folder.saveServer(this.current);
  }

  private hear(theirMs: number): void {
    this.believed.tell(theirMs);
    const skewMs = this.believed.skewMs ?? 0;
    if (Math.abs(skewMs) < NOTABLE_SKEW_MS) return;
    const seconds = Math.round(Math.abs(skewMs) / 1000);
    const how = skewMs > 0 ? 'ahead of' : 'behind';
    this.options.log.warn(`the clock of this server is ${seconds} s ${how} the control plane's`, { skewMs });
  }

  private get bundleSha256(): Uint8Array {
    const roots = certificatesOf(this.current.caPem, 'ca.pem');
    return bundleSha256(roots.map((root: X509Certificate) => new Uint8Array(root.raw)));
  }
}
