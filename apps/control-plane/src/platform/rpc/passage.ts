import { createContextKey } from '@connectrpc/connect';
import type { AppError } from '@ostler/kernel';

/** How far a request has come on its way in. */
export interface Passage {
  /** The chain has seen it: whatever happens now is told, counted and recorded there. */
  hasEntered: boolean;
  /** Why its body is not read or not understood. The chain answers with it, once it knows who calls. */
  refusal: AppError | undefined;
}

/** Shared by all that look without a request of their own: nothing of it is ever set. */
const nowhere: Passage = Object.freeze({ hasEntered: true, refusal: undefined });

export const passageKey = createContextKey<Passage>(nowhere);
