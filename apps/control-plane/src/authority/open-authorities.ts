import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { Vault } from '../platform/crypto';
import type { AuthorityRepository, AuthorityRole, AuthorityRow } from './authority.repository';
import { type Issuer, makeIntermediate, makeRoot } from './certificate-profiles';
import { newKeyPair, privateKeyFromDer, privateKeyToDer } from './key-pairs';
import { X509Certificate } from './x509';

/** Every authority that counts now. */
export interface OpenAuthorities {
  readonly issuers: ReadonlyMap<AuthorityRole, Issuer>;
  /** DER: the root that issues, then those before it that agents may still trust, newest first. */
  readonly roots: readonly Uint8Array[];
  /** DER: each root signed by the one before it, newest first: the way for whoever trusts an older one alone. */
  readonly crosses: readonly Uint8Array[];
  /** The intermediate's key once more, for what is signed and is no certificate. */
  readonly signingKey?: KeyObject;
}

/** Opens what is stored. @throws when the master key is another one. */
export async function openAuthorities(rows: readonly AuthorityRow[], vault: Vault): Promise<OpenAuthorities> {
  const issuers = new Map<AuthorityRole, Issuer>();
  for (const row of rows) if (row.retired_at === null) issuers.set(row.role, await openIssuer(row, vault));
  const intermediate = rows.find(({ role, retired_at }) => role === 'intermediate' && retired_at === null);
  const roots = rows.filter(({ role }) => role === 'root').toReversed();
  return {
    issuers,
    roots: roots.map(({ certificate }) => new Uint8Array(certificate)),
    crosses: roots.flatMap(({ cross_certificate: cross }) => (cross ? [new Uint8Array(cross)] : [])),
    signingKey:
      intermediate && createPrivateKey({ key: keyOf(intermediate, vault), format: 'der', type: 'pkcs8' }),
  };
}

/** Makes the root of a control plane and the intermediate that issues for it. */
export async function makeControlPlaneAuthorities(
  repository: AuthorityRepository,
  vault: Vault,
  nowMs: number,
): Promise<Issuer> {
  const number = (await repository.rootsEverMade()) + 1;
  const suffix = number === 1 ? '' : ` ${number}`;
  const rootKeys = await newKeyPair();
  const root = await makeRoot(`Ostler root${suffix}`, rootKeys, nowMs);
  const keys = await newKeyPair();
  const issuer = { certificate: root, key: rootKeys.privateKey };
  const intermediate = await makeIntermediate(`Ostler intermediate${suffix}`, keys.publicKey, issuer, nowMs);
  await keepAuthority(repository, vault, 'root', root, rootKeys.privateKey);
  await keepAuthority(repository, vault, 'intermediate', intermediate, keys.privateKey);
  return issuer;
}

export async function makeDevelopmentAuthority(
  repository: AuthorityRepository,
  vault: Vault,
  nowMs: number,
): Promise<void> {
  const keys = await newKeyPair();
  const root = await makeRoot('Ostler development', keys, nowMs);
  await keepAuthority(repository, vault, 'development', root, keys.privateKey);
}

async function keepAuthority(
  repository: AuthorityRepository,
  vault: Vault,
  role: AuthorityRole,
  certificate: X509Certificate,
  key: Parameters<typeof privateKeyToDer>[0],
): Promise<void> {
  const der = await privateKeyToDer(key);
  await repository.insert(role, new Uint8Array(certificate.rawData), (uid) => vault.seal(der, keyPlace(uid)));
}

async function openIssuer(row: AuthorityRow, vault: Vault): Promise<Issuer> {
  return {
    certificate: new X509Certificate(new Uint8Array(row.certificate)),
    key: await privateKeyFromDer(keyOf(row, vault)),
  };
}

const keyOf = (row: AuthorityRow, vault: Vault): Buffer => vault.open(row.sealed_key, keyPlace(row.uid));
const keyPlace = (uid: string): string => `authority key ${uid}`;
