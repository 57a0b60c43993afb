import { AppError, Backoff, type Clock, pause, systemClock } from '@ostler/kernel';
import { ErrorReason, type Release } from '@ostler/contracts';
import type { Ostler } from './clients';
import { explainError } from './explain-error';
import { newRequestId } from './request-id';

const PIECE_BYTES = 1024 * 1024;
/** A browser opens six connections to an address: the rest of the page needs some too. */
const FILES_AT_ONCE = 4;

/** A file of a release, wherever it lies. */
export interface ReleaseContent {
  /** Relative, forward slashes. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
  /** Shorter than asked for when the file has become shorter meanwhile. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

export interface SendProgress {
  /** Of what the control plane does not have yet. */
  readonly sentBytes: number;
  readonly missingBytes: number;
}

export interface SendOptions {
  readonly onProgress?: (progress: SendProgress) => void;
  readonly signal?: AbortSignal;
  /** How long one call is made again while the control plane is away; for ever when left out. */
  readonly patienceMs?: number;
  readonly clock?: Clock;
}

/**
 * Publishes files as one release; sends only contents that the control plane does not have. While it is away or
 * asks to slow down, each call is made again: every step may be repeated.
 *
 * @throws AppError INVALID when a file changes meanwhile.
 */
export async function sendRelease(
  ostler: Ostler,
  contents: readonly ReleaseContent[],
  { onProgress, signal, patienceMs = Infinity, clock = systemClock }: SendOptions = {},
): Promise<Release> {
  const again = <Answer>(call: () => Promise<Answer>): Promise<Answer> =>
    untilAnswered(call, { clock, signal, patienceMs });
  const files = contents.map(({ path, sizeBytes, sha256 }) => ({ path, size: BigInt(sizeBytes), sha256 }));
  const beginning = { requestId: newRequestId(), files };
  const begun = await again(() => ostler.releases.begin(beginning, { signal }));
  const byHash = new Map(contents.map((content) => [hexOf(content.sha256), content]));
  const missing = begun.missing.flatMap((sha256) => byHash.get(hexOf(sha256)) ?? []);
  const missingBytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let sentBytes = 0;
  const sent = (bytes: number): void => onProgress?.({ sentBytes: (sentBytes += bytes), missingBytes });
  sent(0);
  await eachOf(missing, FILES_AT_ONCE, (content) => putContent(ostler, content, again, sent));
  const ending = { requestId: newRequestId(), digest: begun.release?.digest ?? '' };
  const { release } = await again(() => ostler.releases.commit(ending, { signal }));
  if (!release) throw new AppError(ErrorReason.INTERNAL, 'The control plane named no release.');
  return release;
}

async function putContent(
  ostler: Ostler,
  content: ReleaseContent,
  again: <Answer>(call: () => Promise<Answer>) => Promise<Answer>,
  sent: (bytes: number) => void,
): Promise<void> {
  const { path, sizeBytes, sha256 } = content;
  let offset = 0;
  do {
    const length = Math.min(sizeBytes - offset, PIECE_BYTES);
    const data = await content.read(offset, length);
    if (data.length < length) {
      throw AppError.invalid(path, 'CHANGED', 'changed while it was published; publish it again');
    }
    const piece = { sha256, size: BigInt(sizeBytes), offset: BigInt(offset), data };
    const next = Number((await again(() => ostler.releases.putFile(piece))).nextOffset);
    if (next <= offset && sizeBytes > 0) {
      throw AppError.invalid(path, 'CHANGED', `makes no progress at byte ${offset}; publish it again`);
    }
    sent(next - offset);
    offset = next;
  } while (offset < sizeBytes);
}

/** Runs over all of them, some at once; the first failure ends it. */
async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const item of left) {
      if (failed) return;
      await run(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
}

const passing = new Set([ErrorReason.UNAVAILABLE, ErrorReason.THROTTLED]);

async function untilAnswered<Answer>(
  call: () => Promise<Answer>,
  {
    clock,
    signal,
    patienceMs,
  }: Required<Pick<SendOptions, 'clock' | 'patienceMs'>> & Pick<SendOptions, 'signal'>,
): Promise<Answer> {
  const givesUpAt = clock.monotonic() + patienceMs;
  const backoff = new Backoff({ firstMs: 250, mostMs: 10_000 });
  for (;;) {
    try {
      signal?.throwIfAborted();
      return await call();
    } catch (error) {
      const { reason, retryAfterSeconds } = explainError(error);
      if (signal?.aborted || !passing.has(reason) || clock.monotonic() >= givesUpAt) throw error;
      await pause(clock, retryAfterSeconds * 1000 + backoff.next(), signal);
    }
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
