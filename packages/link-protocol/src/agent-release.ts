import { sign, verify, type KeyObject } from 'node:crypto';
import { create, fromBinary, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type AgentRelease,
  AgentReleaseSchema,
  ErrorReason,
  type SignedAgentRelease,
} from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

// docs/adr/0143-agent-release.md. What was signed once must verify for ever.

const CONTEXT = Buffer.from('ostler agent release\n');
const VERSION = /^[0-9A-Za-z]([-0-9A-Za-z.+]*[0-9A-Za-z])?$/;
const SHA256_BYTES = 32;

/** The bytes that are signed, stored and sent; nobody encodes them again. */
export function encodeAgentRelease(release: MessageInitShape<typeof AgentReleaseSchema>): Uint8Array {
  return toBinary(AgentReleaseSchema, create(AgentReleaseSchema, release));
}

/** @throws AppError INVALID when it is no release, or one that could name a file outside of its folder. */
export function decodeAgentRelease(bytes: Uint8Array): AgentRelease {
  let release: AgentRelease;
  try {
    release = fromBinary(AgentReleaseSchema, bytes);
  } catch {
    throw AppError.invalid('release', 'INVALID', 'its bytes are no release of the agent.');
  }
  const { version, sequence, packages } = release;
  // The name of a folder beside the link `current`.
  if (version.length > 64 || !VERSION.test(version) || version === 'current') {
    throw AppError.invalid('release.version', 'INVALID', `${JSON.stringify(version)} is no version.`);
  }
  if (sequence === 0n) throw AppError.invalid('release.sequence', 'INVALID', 'it has none.');
  const broken = packages.find(({ sha256, size }) => sha256.length !== SHA256_BYTES || size === 0n);
  if (packages.length === 0 || broken)
    throw AppError.invalid('release.packages', 'INVALID', 'a package has no digest or no size.');
  return release;
}

/** Ed25519 over the context and the bytes. */
export function signAgentRelease(release: Uint8Array, privateKey: KeyObject): Uint8Array {
  return sign(null, Buffer.concat([CONTEXT, release]), privateKey);
}

/**
 * The release, when this key signed it.
 *
 * @throws AppError DENIED when the signature is of another key or of other bytes.
 */
export function verifyAgentRelease(
  { release, signature }: Pick<SignedAgentRelease, 'release' | 'signature'>,
  publicKey: KeyObject,
): AgentRelease {
  const isEd25519 = publicKey.asymmetricKeyType === 'ed25519';
  if (!isEd25519 || !verify(null, Buffer.concat([CONTEXT, release]), publicKey, signature)) {
    throw new AppError(
      ErrorReason.DENIED,
      'The release is refused: it is not signed by the release key that this server learned at its installation.',
    );
  }
  return decodeAgentRelease(release);
}
