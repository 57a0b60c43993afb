import { newUid } from '@ostler/kernel';

/**
 * A request id for one mutation. Make it once per intent of the caller and use it again for a retry of the
 * same body: the control plane then answers with its first answer.
 */
export function newRequestId(): string {
  return newUid();
}
