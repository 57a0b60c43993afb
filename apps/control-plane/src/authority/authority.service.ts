import { createHash, sign } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorReason, type SignedEpoch, SignedEpochSchema } from '@ostler/contracts';
import { AppError, systemClock } from '@ostler/kernel';
import { bundleSha256 } from '@ostler/link-protocol';
import { Vault } from '../platform/crypto';
import { UnitOfWork } from '../platform/db';
import { AuthorityRepository, type AuthorityRole } from './authority.repository';
import {
  backdated,
  DAY_MS,
  generalName,
  type Issuer,
  type LeafRequest,
  lifetimes,
  makeLeaf,
  serverUri,
} from './certificate-profiles';
import { type CertifiedKey, readCsr } from './csr';
import { newKeyPair, privateKeyToDer, publicKeyOf, toPem } from './key-pairs';
import {
  makeControlPlaneAuthorities,
  makeDevelopmentAuthority,
  type OpenAuthorities,
  openAuthorities,
} from './open-authorities';

/** Name that the agents' listener carries. No tenant can own it: `internal` is no public suffix. */
export const AGENT_LISTENER_NAME = 'agents.ostler.internal';

/** What a TLS listener needs, in PEM. */
export interface ListenerIdentity {
  readonly key: string;
  /** Leaf, intermediate and roots: an agent that joins finds the root that it pins. */
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
  private authorities: OpenAuthorities = { issuers: new Map(), roots: [], crosses: [] };
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly repository: AuthorityRepository,
    private readonly vault: Vault,
  ) {}

  async onModuleInit(): Promise<void> {
    this.authorities = await this.open();
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
      backdatedMs: backdated.listenerMs,
    });
    // Signed roots come first: of two that fit, OpenSSL takes the first.
    const certificates = [...chain, ...this.authorities.crosses, ...this.caBundle()];
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

  /** DER: every root that agents trust for the control plane, the one that issues first. */
  caBundle(): Uint8Array[] {
    if (this.authorities.roots.length === 0) this.issuer('root');
    return [...this.authorities.roots];
  }

  /** What agents say of the bundle that they trust, when it is this one. */
  caBundleSha256(): Buffer {
    return bundleSha256(this.caBundle());
  }

  /** Whether an agent says that it trusts other roots than these; one that says nothing is not asked. */
  isOtherBundle(sha256: Uint8Array): boolean {
    return sha256.length > 0 && !this.caBundleSha256().equals(sha256);
  }

  /** PEM: what the agents' listener verifies agents by. They send the intermediate along. */
  trustedByListener(): string {
    return this.caBundle()
      .map((der) => toPem('CERTIFICATE', der))
      .join('');
  }

  /** `sha256//BASE64` of the root's public key: what a joining agent is told out of band. */
  caPin(): string {
    const spki = Buffer.from(this.issuer('root').certificate.publicKey.rawData);
    return `sha256//${createHash('sha256').update(spki).digest('base64')}`;
  }

  /**
   * Vouches for an epoch: agents take a higher one only with the signature of an authority below a root that
   * they trust, so that who has the database alone cannot raise it.
   */
  signEpoch(epoch: bigint): SignedEpoch {
    const { certificate } = this.issuer('intermediate');
    const signature = sign('sha256', epochText(epoch), this.authorities.signingKey!);
    const chain = [new Uint8Array(certificate.rawData), ...this.authorities.crosses];
    return create(SignedEpochSchema, { epoch, signature, certificateChain: chain.slice(0, MOST_CHAIN) });
  }

  /** Calls back after the authorities have changed, in whichever process; returns what ends it. */
  onChanged(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Opens the authorities again, as after a rotation. */
  async reload(): Promise<void> {
    const before = bundleSha256(this.authorities.roots);
    this.authorities = await this.unitOfWork.asSystem('authority', async () =>
      openAuthorities(await this.repository.inForce(), this.vault),
    );
    if (before.equals(this.caBundleSha256())) return;
    for (const listener of this.listeners) listener();
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
    const issuer = this.authorities.issuers.get(role);
    if (!issuer) throw new AppError(ErrorReason.UNAVAILABLE, 'The certificate authority is not open yet.');
    return issuer;
  }

  /** Opens the authorities, after making those that are missing. */
  private open(): Promise<OpenAuthorities> {
    return this.unitOfWork.asSystem('authority', async () => {
      const { repository, vault } = this;
      await repository.lock();
      const roles = new Set((await repository.inForce()).map(({ role }) => role));
      if (!roles.has('root')) await makeControlPlaneAuthorities(repository, vault, systemClock.now());
      if (!roles.has('development')) await makeDevelopmentAuthority(repository, vault, systemClock.now());
      return openAuthorities(await repository.inForce(), vault);
    });
  }
}

/** A signed epoch carries at most this many certificates. */
const MOST_CHAIN = 4;

export const epochText = (epoch: bigint): Buffer => Buffer.from(`ostler epoch\n${epoch}`);
