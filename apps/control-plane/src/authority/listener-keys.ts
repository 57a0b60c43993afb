import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError, newUid } from '@ostler/kernel';
import { Config } from '../config';
import { Vault } from '../platform/crypto';
import { execute, queryOne, UnitOfWork } from '../platform/db';
import { newKeyPair, privateKeyToDer } from './key-pairs';

interface KeyRow {
  readonly uid: string;
  readonly sealed_key: Buffer;
}

/**
 * The key of the public listener. It outlives certificates and authorities, because installers pin it: a join
 * command that was printed, written into an image or kept by a server goes on finding the right control plane.
 * With a certificate of the operator's own it is the key of that one.
 */
@Injectable()
export class ListenerKeys implements OnModuleInit {
  private own: Buffer | undefined;
  private pinned = '';

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly vault: Vault,
    private readonly config: Config,
  ) {}

  /** @throws when the operator's certificate cannot be read: its key is needed before anybody is told a pin. */
  async onModuleInit(): Promise<void> {
    const { tls } = this.config.values;
    if (tls) return this.pinCertificate(await readFile(tls.certificateFile, 'utf8'));
    this.own = await this.unitOfWork.asSystem('authority', () => this.openOrMake());
    this.pinned = pinOf(createPublicKey(this.keyObject()).export({ format: 'der', type: 'spki' }));
  }

  /** `sha256//BASE64` of the key that the public listener shows now, as curl's --pinnedpubkey takes it. */
  pin(): string {
    if (!this.pinned) throw new AppError(ErrorReason.UNAVAILABLE, 'The listener has no key yet.');
    return this.pinned;
  }

  /** PKCS #8, DER: certificates of the public listener are issued over it. Undefined with the operator's own. */
  privateKey(): Buffer | undefined {
    return this.own;
  }

  /** The certificate that is served from now on is another one of the operator's. */
  pinCertificate(pem: string): void {
    this.pinned = pinOf(new X509Certificate(pem).publicKey.export({ format: 'der', type: 'spki' }));
  }

  private keyObject() {
    return createPrivateKey({ key: this.own!, format: 'der', type: 'pkcs8' });
  }

  private async openOrMake(): Promise<Buffer> {
    await queryOne(`select pg_advisory_xact_lock(hashtext('ostler listener key'))`);
    const row = await queryOne<KeyRow>(
      `select uid, sealed_key from listener_key where purpose = 'public' and retired_at is null`,
    );
    if (row) return this.vault.open(row.sealed_key, placeOf(row.uid));
    const der = Buffer.from(await privateKeyToDer((await newKeyPair()).privateKey));
    const uid = newUid();
    await execute(`insert into listener_key (uid, purpose, sealed_key) values ($1, 'public', $2)`, [
      uid,
      this.vault.seal(der, placeOf(uid)),
    ]);
    return der;
  }
}

const placeOf = (uid: string): string => `listener key ${uid}`;

function pinOf(spki: Buffer): string {
  return `sha256//${createHash('sha256').update(spki).digest('base64')}`;
}
