import { messageOf } from '@ostler/kernel';
import { failpoint } from '../../failpoints';
import type { Files } from '../../host/fs';
import { type Chain, matchingKey, readChain } from './chain';
import { type Attempts, noAttempts } from './schedule';

/** A certificate that lies on disk, whole: folders become `current` only by a link that is replaced. */
export interface StoredCertificate {
  readonly chain: Chain;
  readonly certificatePath: string;
  readonly privateKeyPath: string;
  /** What it was made from; another spec has another source. */
  readonly source: string;
}

/**
 * `<root>/<uid>/<fingerprint>/{certificate.pem,private-key.pem,source}` and `current`, a link to one of
 * them. A folder is written and synced before the link names it; the two newest stay.
 */
export class CertificateFiles {
  constructor(
    private readonly files: Files,
    private readonly root: string,
  ) {}

  /** The current one; undefined when there is none, or it was damaged by hand: then it is made anew. */
  async read(uid: string): Promise<StoredCertificate | undefined> {
    const target = await this.files.readLink(this.path(uid, 'current'));
    if (target === undefined) return undefined;
    const folder = this.path(uid, target);
    const [pem, key, source] = await Promise.all(
      ['certificate.pem', 'private-key.pem', 'source'].map((name) => this.text(`${folder}/${name}`)),
    );
    if (pem === undefined || key === undefined || source === undefined) return undefined;
    try {
      const chain = readChain(pem, 'certificate.pem');
      matchingKey(chain, key, 'private-key.pem');
      return this.describe(uid, chain, source);
    } catch {
      return undefined;
    }
  }

  async keep(uid: string, chain: Chain, privateKeyPem: string, source: string): Promise<StoredCertificate> {
    const folder = this.path(uid, chain.fingerprint);
    await this.files.makeFolder(this.path(uid), 0o700);
    await this.files.removeTree(folder);
    await this.files.makeFolder(folder, 0o700);
    await this.files.writeStaged(`${folder}/private-key.pem`, privateKeyPem, { mode: 0o600 });
    await this.files.writeStaged(`${folder}/certificate.pem`, chain.pem, { mode: 0o600 });
    await this.files.writeStaged(`${folder}/source`, source, { mode: 0o600 });
    await this.files.syncTree(folder);
    failpoint('certificate.staged');
    const before = await this.files.readLink(this.path(uid, 'current'));
    await this.files.linkAtomic(this.path(uid, 'current'), chain.fingerprint);
    failpoint('certificate.linked');
    await this.forgetAllBut(uid, [chain.fingerprint, before]);
    return this.describe(uid, chain, source);
  }

  async attempts(uid: string): Promise<Attempts> {
    try {
      const stored = JSON.parse(
        (await this.text(this.path(uid, 'attempts.json'))) ?? '{}',
      ) as Partial<Attempts>;
      return { ...noAttempts, ...stored };
    } catch (error) {
      return { ...noAttempts, lastReason: 'ATTEMPTS_DAMAGED', lastMessage: messageOf(error) };
    }
  }

  async keepAttempts(uid: string, attempts: Attempts): Promise<void> {
    await this.files.makeFolder(this.path(uid), 0o700);
    await this.files.writeAtomic(this.path(uid, 'attempts.json'), JSON.stringify(attempts), { mode: 0o600 });
  }

  /** The key of our account at an authority, made once. */
  async accountKey(name: string, make: () => Promise<string>): Promise<string> {
    const path = `${this.root}/accounts/${name}.pem`;
    const stored = await this.text(path);
    if (stored !== undefined) return stored;
    const made = await make();
    await this.files.makeFolder(`${this.root}/accounts`, 0o700);
    await this.files.writeAtomic(path, made, { mode: 0o600 });
    return made;
  }

  async remove(uid: string): Promise<void> {
    await this.files.removeTree(this.path(uid));
  }

  private async forgetAllBut(uid: string, kept: readonly (string | undefined)[]): Promise<void> {
    for (const name of await this.files.list(this.path(uid))) {
      if (/^[0-9a-f]{64}$/.test(name) && !kept.includes(name))
        await this.files.removeTree(this.path(uid, name));
    }
  }

  private describe(uid: string, chain: Chain, source: string): StoredCertificate {
    const folder = this.path(uid, chain.fingerprint);
    const certificatePath = `${folder}/certificate.pem`;
    return { chain, certificatePath, privateKeyPath: `${folder}/private-key.pem`, source };
  }

  private path(uid: string, ...parts: string[]): string {
    return [this.root, uid, ...parts].join('/');
  }

  private async text(path: string): Promise<string | undefined> {
    const bytes = await this.files.read(path, 1024 * 1024);
    return bytes && new TextDecoder().decode(bytes);
  }
}
