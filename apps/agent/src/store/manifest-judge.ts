import { createHash } from 'node:crypto';
import { fromBinary, type Message } from '@bufbuild/protobuf';
import {
  Kind,
  ManifestBodySchema,
  ManifestIndexSchema,
  type ManifestBody,
  type ManifestEntry,
  type ManifestIndex,
} from '@ostler/contracts';
import { AppError, isUuid, messageOf } from '@ostler/kernel';
import { sameBytes, type Fence } from './fence';
import { unknownFieldsWithin, secretsWithin } from './messages';
import type { AcceptedEntry, ManifestChange, RefusedEntry } from './store.port';

/** Limits of DESIGN section 3, "Manifest". */
export const MOST_ENTRIES = 5000;
export const MOST_BODY_BYTES = 1024 * 1024;

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Why a whole manifest was not taken, in the words of ManifestRefused. */
export interface ManifestRefusal {
  readonly reason: 'FENCED' | 'UNKNOWN_FIELD' | 'INVALID' | 'WRONG_SERVER' | 'TOO_LARGE';
  readonly message: string;
  readonly uids: readonly string[];
}

export interface JudgeInput {
  readonly serverUid: string;
  /** Bytes of a body; its hash is its name. */
  readonly body: (sha256: Uint8Array) => Uint8Array | undefined;
  /** The entry that is in force: a body that was taken before is not judged again. */
  readonly inForce: (uid: string) => ManifestEntry | undefined;
  /** What is wrong with a body by the rules written in the contract and by its driver; throws AppError. */
  readonly check: (entry: ManifestEntry, body: ManifestBody) => Promise<void>;
}

/**
 * Judges a manifest as if it came from a hostile control plane. What is wrong with the index refuses all
 * of it; what is wrong with one body refuses that resource alone.
 */
export async function judgeManifest(
  offer: Fence,
  bytes: Uint8Array,
  input: JudgeInput,
): Promise<ManifestChange | ManifestRefusal> {
  if (!sameBytes(sha256Of(bytes), offer.sha256))
    return refusal('INVALID', 'the index does not have the hash of its offer');
  let index: ManifestIndex;
  try {
    index = fromBinary(ManifestIndexSchema, bytes);
  } catch (error) {
    return refusal('INVALID', `the index cannot be decoded (${messageOf(error)})`);
  }
  const wrong = wrongIndex(index, offer, input.serverUid);
  if (wrong) return wrong;
  const accepted: AcceptedEntry[] = [];
  const refused: RefusedEntry[] = [];
  for (const entry of index.entries) {
    const outcome = await judgeEntry(entry, input);
    if ('reason' in outcome) refused.push(outcome);
    else accepted.push(outcome);
  }
  return { fence: offer, index: bytes, accepted, refused, tombstones: index.tombstones };
}

function wrongIndex(index: ManifestIndex, offer: Fence, serverUid: string): ManifestRefusal | undefined {
  if (index.$unknown?.length)
    return refusal('UNKNOWN_FIELD', 'the index has fields that this agent does not know; update the agent');
  if (index.epoch !== offer.epoch || index.revision !== offer.revision) {
    return refusal('INVALID', 'the numbers of the index are not those of its offer');
  }
  if (index.serverUid !== serverUid)
    return refusal('WRONG_SERVER', `it was compiled for server ${quote(index.serverUid)}`);
  if (index.entries.length + index.tombstones.length > MOST_ENTRIES) {
    return refusal(
      'TOO_LARGE',
      `${index.entries.length + index.tombstones.length} entries and tombstones; at most ${MOST_ENTRIES}`,
    );
  }
  const uids = [...index.entries, ...index.tombstones].map(({ uid }) => uid);
  const bad = uids.find((uid) => !isUuid(uid));
  if (bad !== undefined) return refusal('INVALID', `${quote(bad)} is not a uid`);
  if (new Set(uids).size !== uids.length) return refusal('INVALID', 'a uid is there twice');
  const badName = [...index.entries, ...index.tombstones].find(({ name }) => !NAME.test(name));
  if (badName) return refusal('INVALID', `${quote(badName.name)} is not a name`, [badName.uid]);
  return undefined;
}

async function judgeEntry(entry: ManifestEntry, input: JudgeInput): Promise<AcceptedEntry | RefusedEntry> {
  const unknown = unknownIn(entry);
  if (unknown) return refuse(entry, 'UNKNOWN_FIELD', unknown);
  if (entry.bodySize > MOST_BODY_BYTES)
    return refuse(entry, 'INVALID', `its body has ${entry.bodySize} bytes; at most ${MOST_BODY_BYTES}`);
  const before = input.inForce(entry.uid);
  if (before && before.kind === entry.kind && sameBytes(before.bodySha256, entry.bodySha256))
    return { entry };
  if (before && before.kind !== entry.kind)
    return refuse(entry, 'INVALID', 'its kind changed; a uid keeps its kind');
  const bytes = input.body(entry.bodySha256);
  if (!bytes) return refuse(entry, 'INVALID', 'its body has not arrived');
  try {
    const body = fromBinary(ManifestBodySchema, bytes);
    const strange = unknownIn(body);
    if (strange) return refuse(entry, 'UNKNOWN_FIELD', strange);
    await input.check(entry, body);
    return { entry, secrets: secretsWithin(body) };
  } catch (error) {
    return refuse(entry, 'INVALID', describe(error));
  }
}

/** A kind that is newer than this agent is an unknown field of the body, so it needs no rule of its own. */
function unknownIn(message: Message): string | undefined {
  const names = unknownFieldsWithin(message);
  if (names.length === 0) return undefined;
  return `it uses ${names.join(', ')} that this agent does not know; update the agent on this server`;
}

function refuse(entry: ManifestEntry, reason: string, why: string): RefusedEntry {
  const kind = Kind[entry.kind]?.toLowerCase() ?? `kind ${entry.kind}`;
  return {
    entry,
    reason,
    message: `The ${kind} ${entry.name}, generation ${entry.generation}, was not taken: ${why}.`,
  };
}

function refusal(
  reason: ManifestRefusal['reason'],
  why: string,
  uids: readonly string[] = [],
): ManifestRefusal {
  return { reason, message: `The manifest is refused: ${why}.`, uids };
}

function describe(error: unknown): string {
  if (!(error instanceof AppError) || error.violations.length === 0)
    return messageOf(error).replace(/\.$/, '');
  return error.violations
    .map(({ field, message }) => `${field}: ${message}`)
    .join('; ')
    .replace(/\.$/, '');
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

export function sha256Of(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
