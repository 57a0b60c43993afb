/** The numbers and the hash of a manifest. */
export interface Fence {
  readonly epoch: bigint;
  readonly revision: bigint;
  /** SHA-256 of the exact bytes of the index; empty before the first. */
  readonly sha256: Uint8Array;
}

export const NO_FENCE: Fence = { epoch: 0n, revision: 0n, sha256: new Uint8Array() };

export type Judgement =
  | { readonly take: true; readonly stored: boolean }
  | { readonly take: false; readonly reason: 'FENCED' | 'INVALID'; readonly message: string };

/**
 * Whether an offer may replace what is stored (DESIGN, "Fence"): lower is refused, the same numbers with
 * other bytes are refused, the very same is stored already, higher is taken.
 */
export function judgeOffer(stored: Fence, offer: Fence): Judgement {
  if (offer.sha256.byteLength !== 32) return refuse('INVALID', offer, 'its hash is not a SHA-256');
  if (offer.epoch < 1n || offer.revision < 1n)
    return refuse('INVALID', offer, 'epoch and revision count from 1');
  const order = compareNumbers(stored, offer);
  if (order > 0) {
    return refuse(
      'FENCED',
      offer,
      `this server holds epoch ${stored.epoch}, revision ${stored.revision}, which is newer`,
    );
  }
  if (order < 0) return { take: true, stored: false };
  if (sameBytes(stored.sha256, offer.sha256)) return { take: true, stored: true };
  return refuse('FENCED', offer, 'this server holds the same numbers with other content');
}

function compareNumbers(a: Fence, b: Fence): number {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1;
  if (a.revision !== b.revision) return a.revision < b.revision ? -1 : 1;
  return 0;
}

function refuse(reason: 'FENCED' | 'INVALID', offer: Fence, why: string): Judgement {
  return {
    take: false,
    reason,
    message: `Epoch ${offer.epoch}, revision ${offer.revision} is refused: ${why}.`,
  };
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && Buffer.compare(a, b) === 0;
}
