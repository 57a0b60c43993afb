/** The numbers and the hash of a manifest. */
export interface Fence {
  readonly epoch: bigint;
  readonly revision: bigint;
  /** SHA-256 of the exact bytes of the index; empty before the first. */
  readonly sha256: Uint8Array;
}

export const noFence: Fence = { epoch: 0n, revision: 0n, sha256: new Uint8Array() };

/** Negative when `a` is older than `b`: the epoch counts first. The hashes are not looked at. */
export function compareFences(a: Fence, b: Fence): number {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1;
  if (a.revision !== b.revision) return a.revision < b.revision ? -1 : 1;
  return 0;
}

export function sameFence(a: Fence, b: Fence): boolean {
  return compareFences(a, b) === 0 && hexOf(a.sha256) === hexOf(b.sha256);
}

/**
 * Why `offer` must not replace `stored`: lower numbers, or the same numbers with other bytes.
 * Undefined when it may (the very same offer may come again).
 */
export function fenceRefuses(
  stored: Fence,
  offer: Fence,
): { readonly reason: 'FENCED'; readonly message: string } | undefined {
  const order = compareFences(offer, stored);
  if (order > 0 || sameFence(stored, offer)) return undefined;
  const what = order < 0 ? 'is older than' : 'has other bytes than';
  return {
    reason: 'FENCED',
    message: `The offer ${nameOf(offer)} ${what} what is stored, ${nameOf(stored)}.`,
  };
}

const nameOf = (fence: Fence): string => `epoch ${fence.epoch} revision ${fence.revision}`;

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
