import { createHash } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError, systemClock } from '@ostler/kernel';
import { X509Certificate } from './x509';
import { Vault } from '../platform/crypto';
import { UnitOfWork } from '../platform/db';
import { AuthorityRepository, type AuthorityRole, type AuthorityRow } from './authority.repository';
import {
  generalName,
  type Issuer,
  type LeafRequest,
  DAY_MS,
  lifetimes,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  serverUri,
} from './certificate-profiles';
import { type CertifiedKey, readCsr } from './csr';
import { newKeyPair, privateKeyFromDer, privateKeyToDer, publicKeyOf, toPem } from './key-pairs';

/** Name that the agents' listener carries. No tenant can own it: `internal` is no public suffix. */
export const AGENT_LISTENER_NAME = 'agents.ostler.internal';

/** What a TLS listener needs, in PEM. */
export interface ListenerIdentity {
  readonly key: string;
  /** Leaf, intermediate and root: an agent that joins finds the root that it pins. */
  readonly certificateChain: string;
  readonly notAfter: Date;
}

export interface IssuedCertificate {
  /** DER, leaf first. */
  readonly chain: Uint8Array[];
  readonly notAfter: Date;
}

/**
 * The internal certificate authority. Root and intermediate certify agents and listeners; development
 * certificates of tenants come from a root of their own that no agent trusts, so that a tenant's
 * certificate can never stand for the control plane.
 */
@Injectable()
export class AuthorityService implements OnModuleInit {
  private issuers: ReadonlyMap<AuthorityRole, Issuer> = new Map();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly repository: AuthorityRepository,
    private readonly vault: Vault,
  ) {}

  async onModuleInit(): Promise<void> {
    this.issuers = await this.open();
  }

  /** Checks a CSR and gives the one thing of it that is believed. */
  readCsr(der: Uint8Array): Promise<CertifiedKey> {
    return readCsr(der);
  }

  /** For 24 hours, client authentication only, named by the uid of the server alone. */
  issueForAgent(serverUid: string, key: CertifiedKey): Promise<IssuedCertificate> {
    return this.issue('intermediate', {
      commonName: serverUid,
      names: [{ type: 'url', value: serverUri(serverUid) }],
      usage: 'client',
      publicKey: key.publicKey,
      lifetimeMs: lifetimes.agentMs,
    });
  }

  /**
   * A certificate for a listener of this process; `names` are DNS names and addresses. Over a key that stays
   * (PKCS #8, DER) where one is given, else over a fresh one.
   */
  async issueForListener(names: readonly string[], privateKey?: Uint8Array): Promise<ListenerIdentity> {
    const key = privateKey ?? (await privateKeyToDer((await newKeyPair()).privateKey));
    const { chain, notAfter } = await this.issue('intermediate', {
      commonName: names[0] ?? AGENT_LISTENER_NAME,
      names: names.map(generalName),
      usage: 'server',
      publicKey: publicKeyOf(key),
      lifetimeMs: lifetimes.listenerMs,
    });
    const certificates = [...chain, ...this.caBundle()];
    return {
      key: toPem('PRIVATE KEY', key),
      certificateChain: certificates.map((der) => toPem('CERTIFICATE', der)).join(''),
      notAfter,
    };
  }

  /** For a Certificate that asks to be self-signed. @throws AppError INVALID for a bad CSR or no domain. */
  async issueForDevelopment(
    domains: readonly string[],
    csr: Uint8Array,
    lifetimeDays: number,
  ): Promise<IssuedCertificate> {
    const [first] = domains;
    if (first === undefined) throw AppError.invalid('domains', 'EMPTY', 'name at least one domain.');
    const { publicKey } = await readCsr(csr);
    return this.issue('development', {
      commonName: first,
      names: domains.map(generalName),
      usage: 'server',
      publicKey,
      lifetimeMs: lifetimeDays > 0 ? lifetimeDays * DAY_MS : lifetimes.developmentMs,
    });
  }

  /** DER: every root that agents trust for the control plane. */
  caBundle(): Uint8Array[] {
    return [new Uint8Array(this.issuer('root').certificate.rawData)];
  }

  /** PEM: what the agents' listener verifies agents by. */
  trustedByListener(): string {
    const certificates = [this.issuer('root'), this.issuer('intermediate')];
    return certificates
      .map(({ certificate }) => toPem('CERTIFICATE', new Uint8Array(certificate.rawData)))
      .join('');
  }

  /** `sha256//BASE64` of the root's public key: what a joining agent is told out of band. */
  caPin(): string {
    const spki = Buffer.from(this.issuer('root').certificate.publicKey.rawData);
    return `sha256//${createHash('sha256').update(spki).digest('base64')}`;
  }

  private async issue(role: AuthorityRole, request: LeafRequest): Promise<IssuedCertificate> {
    const issuer = this.issuer(role);
    const leaf = await makeLeaf(request, issuer, systemClock.now());
    return {
      chain: [leaf, issuer.certificate].map((certificate) => new Uint8Array(certificate.rawData)),
      notAfter: leaf.notAfter,
    };
  }

  private issuer(role: AuthorityRole): Issuer {
    const issuer = this.issuers.get(role);
    if (!issuer) throw new AppError(ErrorReason.UNAVAILABLE, 'The certificate authority is not open yet.');
    return issuer;
  }

  /** Opens the authorities, after making those that are missing. */
  private open(): Promise<ReadonlyMap<AuthorityRole, Issuer>> {
    return this.unitOfWork.asSystem('authority', async () => {
      await this.repository.lock();
      const rows = new Map((await this.repository.current()).map((row) => [row.role, row]));
      if (!rows.has('root') || !rows.has('intermediate')) await this.makeControlPlaneAuthorities();
      if (!rows.has('development')) await this.makeDevelopmentAuthority();
      const issuers = new Map<AuthorityRole, Issuer>();
      for (const row of await this.repository.current()) issuers.set(row.role, await this.toIssuer(row));
      return issuers;
    });
  }

  private async makeControlPlaneAuthorities(): Promise<void> {
    const nowMs = systemClock.now();
    const rootKeys = await newKeyPair();
    const root = await makeRoot('Ostler root', rootKeys, nowMs);
    const keys = await newKeyPair();
    const issuer = { certificate: root, key: rootKeys.privateKey };
    const intermediate = await makeIntermediate('Ostler intermediate', keys.publicKey, issuer, nowMs);
    await this.keep('root', root, rootKeys.privateKey);
    await this.keep('intermediate', intermediate, keys.privateKey);
  }

  private async makeDevelopmentAuthority(): Promise<void> {
    const keys = await newKeyPair();
    const root = await makeRoot('Ostler development', keys, systemClock.now());
    await this.keep('development', root, keys.privateKey);
  }

  private async keep(
    role: AuthorityRole,
    certificate: X509Certificate,
    key: Parameters<typeof privateKeyToDer>[0],
  ) {
    const der = await privateKeyToDer(key);
    await this.repository.insert(role, new Uint8Array(certificate.rawData), (uid) =>
      this.vault.seal(der, keyPlace(uid)),
    );
  }

  private async toIssuer(row: AuthorityRow): Promise<Issuer> {
    return {
      certificate: new X509Certificate(new Uint8Array(row.certificate)),
      key: await privateKeyFromDer(this.vault.open(row.sealed_key, keyPlace(row.uid))),
    };
  }
}

const keyPlace = (uid: string): string => `authority key ${uid}`;
