import { X509Certificate } from 'node:crypto';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import type { Files } from '../host/fs/port';

/** How this server joined; kept so that an expired certificate can be asked for again. */
export interface JoinRecord {
  readonly controlUrl: string;
  readonly token: string;
  /** `sha256//BASE64` of the root's public key; empty when the system's roots are trusted. */
  readonly caPin: string;
  /** `sha256//BASE64` of the public listener's own key; absent for servers that joined by the root's alone. */
  readonly listenerPin?: string;
  /** `http://[user:password@]host:port` of the proxy through which the control plane is reached. */
  readonly proxy?: string;
}

export interface Identity extends JoinRecord {
  readonly serverUid: string;
  readonly serverName: string;
  /** host:port of the agents' listener. */
  readonly agentAddress: string;
  /** Name that the listener's certificate carries. */
  readonly agentServerName: string;
  readonly keyPem: string;
  readonly chainPem: string;
  readonly caPem: string;
}

/** What the control plane answers to a join or a renewal. */
export interface Trust {
  readonly certificateChain: readonly Uint8Array[];
  readonly caBundle: readonly Uint8Array[];
}

type ServerRecord = Omit<Identity, 'keyPem' | 'chainPem' | 'caPem'>;

/** The folder with who this server is: readable by its owner alone, each file replaced whole. */
export class IdentityFolder {
  constructor(
    private readonly files: Files,
    private readonly folder: string,
  ) {}

  /** True when a join has ended; a key alone is a join that was interrupted. */
  async hasJoined(): Promise<boolean> {
    return (await this.files.state(this.path('server.json'))) !== undefined;
  }

  /** @throws AppError UNAVAILABLE that names the file when one is missing or readable by others. */
  async load(): Promise<Identity> {
    await this.requirePrivate(this.folder, 'folder');
    const read = (name: string): Promise<string> => this.readPrivate(name);
    const [server, keyPem, chainPem, caPem] = [
      await read('server.json'),
      await read('key.pem'),
      await read('chain.pem'),
      await read('ca.pem'),
    ];
    return { ...(JSON.parse(server) as ServerRecord), keyPem, chainPem, caPem };
  }

  /** The key of an interrupted join, so that it is the same server when it is tried again. */
  async pendingKey(): Promise<string | undefined> {
    if (!(await this.files.state(this.path('key.pem')))) return undefined;
    return this.readPrivate('key.pem');
  }

  async saveKey(keyPem: string): Promise<void> {
    await this.files.makeFolder(this.folder, 0o700);
    await this.write('key.pem', keyPem);
  }

  /** `server.json` comes last: it says that everything else is there. */
  async save(identity: Identity): Promise<void> {
    const { keyPem, chainPem, caPem, ...server } = identity;
    await this.saveKey(keyPem);
    await this.write('ca.pem', caPem);
    await this.write('chain.pem', chainPem);
    await this.write('server.json', `${JSON.stringify(server, undefined, 2)}\n`);
  }

  async saveTrust(trust: Trust): Promise<Pick<Identity, 'chainPem' | 'caPem'>> {
    const pems = trustToPem(trust);
    await this.write('ca.pem', pems.caPem);
    await this.write('chain.pem', pems.chainPem);
    return pems;
  }

  private path(name: string): string {
    return `${this.folder}/${name}`;
  }

  private write(name: string, content: string): Promise<void> {
    return this.files.writeAtomic(this.path(name), content, { mode: 0o600 });
  }

  private async readPrivate(name: string): Promise<string> {
    const path = this.path(name);
    await this.requirePrivate(path, 'file');
    const content = await this.files.read(path);
    if (!content) throw missing(path);
    return Buffer.from(content).toString('utf8');
  }

  private async requirePrivate(path: string, kind: 'file' | 'folder'): Promise<void> {
    const state = await this.files.state(path);
    if (!state) throw missing(path);
    if (state.kind !== kind) throw refused(`${path} is no ${kind}`);
    if ((state.mode & 0o077) !== 0) {
      const mode = (state.mode & 0o777).toString(8).padStart(4, '0');
      throw refused(`${path} has mode ${mode}, so others can read or write it: chmod go= ${path}`);
    }
  }
}

/** @throws AppError INVALID when the answer is no chain and bundle of certificates. */
export function trustToPem(trust: Trust): Pick<Identity, 'chainPem' | 'caPem'> {
  const pem = (field: string, certificates: readonly Uint8Array[]): string => {
    if (certificates.length === 0)
      throw AppError.invalid(field, 'EMPTY', 'the control plane sent no certificate.');
    return certificates.map((certificate) => new X509Certificate(certificate).toString()).join('');
  };
  return {
    chainPem: pem('certificateChain', trust.certificateChain),
    caPem: pem('caBundle', trust.caBundle),
  };
}

const WAY_OUT = 'Without it this server cannot prove who it is. Join it again with a new token.';

function missing(path: string): AppError {
  return new AppError(ErrorReason.UNAVAILABLE, `${path} is missing. ${WAY_OUT}`);
}

function refused(what: string): AppError {
  return new AppError(ErrorReason.UNAVAILABLE, `${what}.`);
}
