import { X509Certificate } from 'node:crypto';
import { AppError } from '@ostler/kernel';
import type { Files } from '../host/fs/port';
import {
  belongTogether,
  certificatesOf,
  checkNames,
  checkRoots,
  notUsable,
  privateKeyOf,
  readServerRecord,
} from './identity-checks';
import { readPrivate, requirePrivate } from './private-files';

/** How a server finds its control plane and knows it, before it has joined. */
export interface JoinRecord extends Reachable {
  /** Spent by joining and not kept afterwards: from then on the key is the proof. */
  readonly token: string;
}

export interface Reachable {
  readonly controlUrl: string;
  /** `sha256//BASE64` of the root's public key; empty when the system's roots are trusted. */
  readonly caPin: string;
  /** `sha256//BASE64` of the public listener's own key; absent for servers that joined by the root's alone. */
  readonly listenerPin?: string;
  /** `http://[user:password@]host:port` of the proxy through which the control plane is reached. */
  readonly proxy?: string;
}

export interface Identity extends Reachable {
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

/**
 * The folder with who this server is: readable by its owner alone, each file replaced whole.
 *
 *     server.json   who this server is and where its control plane is reached; written last
 *     key.pem       never leaves this server
 *     next-key.pem  a key that is to take its place, until it is certified
 *     chain.pem     the certificate and its issuer
 *     ca.pem        every root that is trusted for the control plane
 */
export class IdentityFolder {
  constructor(
    private readonly files: Files,
    private readonly folder: string,
    private readonly nowMs: () => number = () => Date.now(),
  ) {}

  /** True when a join has ended; a key alone is a join that was interrupted. */
  async hasJoined(): Promise<boolean> {
    return (await this.files.state(this.path('server.json'))) !== undefined;
  }

  /**
   * @throws AppError UNAVAILABLE that names the file when one is missing, of somebody else, readable by others, not
   * what it should be, or does not belong to the others.
   */
  async load(): Promise<Identity> {
    await requirePrivate(this.files, this.folder, 'folder');
    const server = readServerRecord(await this.read('server.json'), this.path('server.json'));
    const [chainPem, caPem] = [await this.read('chain.pem'), await this.read('ca.pem')];
    const [leaf] = certificatesOf(chainPem, this.path('chain.pem'));
    checkNames(leaf!, server['serverUid']!, this.path('chain.pem'));
    checkRoots(certificatesOf(caPem, this.path('ca.pem')), this.nowMs(), this.path('ca.pem'));
    const keyPem = await this.keyOf(leaf!);
    const { token, ...record } = server;
    const identity = { ...(record as unknown as ServerRecord), keyPem, chainPem, caPem };
    if (token !== undefined) await this.saveServer(identity);
    return identity;
  }

  /** The key of an interrupted join, so that it is the same server when it is tried again. */
  async pendingKey(): Promise<string | undefined> {
    return (await this.files.state(this.path('key.pem'))) ? this.read('key.pem') : undefined;
  }

  /** A key that was made to take the place of the present one, and of which it is not known whether it has. */
  async nextKey(): Promise<string | undefined> {
    return (await this.files.state(this.path('next-key.pem'))) ? this.read('next-key.pem') : undefined;
  }

  async saveKey(keyPem: string): Promise<void> {
    await this.files.makeFolder(this.folder, 0o700);
    await this.write('key.pem', keyPem);
  }

  saveNextKey(keyPem: string): Promise<void> {
    return this.write('next-key.pem', keyPem);
  }

  /** `server.json` comes last: it says that everything else is there. */
  async save(identity: Identity): Promise<void> {
    await this.saveKey(identity.keyPem);
    await this.write('ca.pem', identity.caPem);
    await this.write('chain.pem', identity.chainPem);
    await this.saveServer(identity);
  }

  async saveTrust(trust: Trust): Promise<Pick<Identity, 'chainPem' | 'caPem'>> {
    const pems = trustToPem(trust);
    await this.write('ca.pem', pems.caPem);
    await this.write('chain.pem', pems.chainPem);
    return pems;
  }

  /** @throws AppError INVALID when it is no bundle of authorities; then the one before stays. */
  async saveBundle(roots: readonly Uint8Array[]): Promise<string> {
    const caPem = pemOf('caBundle', roots);
    checkRoots(certificatesOf(caPem, 'the bundle'), this.nowMs(), 'The bundle');
    await this.write('ca.pem', caPem);
    return caPem;
  }

  async saveServer({ keyPem: _, chainPem: __, caPem: ___, ...server }: Identity): Promise<void> {
    await this.write('server.json', `${JSON.stringify(server, undefined, 2)}\n`);
  }

  /** The chain is of the next key now: it takes the place of the other one. */
  async takeNextKey(): Promise<void> {
    await this.files.rename(this.path('next-key.pem'), this.path('key.pem'));
  }

  /** Nothing here proves who this server is any more. */
  forget(): Promise<void> {
    return this.files.removeTree(this.folder);
  }

  /** A crash between a new chain and its key leaves both keys: the one of the chain is the one that counts. */
  private async keyOf(leaf: X509Certificate): Promise<string> {
    const next = await this.nextKey();
    if (next && belongTogether(privateKeyOf(next, this.path('next-key.pem')), leaf)) {
      await this.takeNextKey();
      return next;
    }
    const keyPem = await this.read('key.pem');
    if (belongTogether(privateKeyOf(keyPem, this.path('key.pem')), leaf)) return keyPem;
    throw notUsable(this.path('chain.pem'), `is a certificate of another key than ${this.path('key.pem')}`);
  }

  private path(name: string): string {
    return `${this.folder}/${name}`;
  }

  private read(name: string): Promise<string> {
    return readPrivate(this.files, this.path(name));
  }

  private write(name: string, content: string): Promise<void> {
    return this.files.writeAtomic(this.path(name), content, { mode: 0o600 });
  }
}

/** @throws AppError INVALID when the answer is no chain and bundle of certificates. */
export function trustToPem(trust: Trust): Pick<Identity, 'chainPem' | 'caPem'> {
  return {
    chainPem: pemOf('certificateChain', trust.certificateChain),
    caPem: pemOf('caBundle', trust.caBundle),
  };
}

function pemOf(field: string, certificates: readonly Uint8Array[]): string {
  if (certificates.length === 0)
    throw AppError.invalid(field, 'EMPTY', 'the control plane sent no certificate.');
  return certificates.map((certificate) => new X509Certificate(certificate).toString()).join('');
}
