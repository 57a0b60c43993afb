import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { LOCKED_EXIT_CODE, StoreLocked } from './store';

/** Exit codes of the agent, where sysexits.h has a fitting one. */
export const EXIT = {
  ended: 0,
  failed: 1,
  /** EX_UNAVAILABLE: the control plane does not answer, or this server has not joined one. */
  unavailable: 69,
  /** EX_CANTCREAT: another agent holds the state folder. */
  locked: LOCKED_EXIT_CODE,
  /** EX_NOPERM: this server has not joined, or was not let in; the unit is not started again for it. */
  notLetIn: 77,
  /** EX_CONFIG: a setting is wrong. */
  notConfigured: 78,
} as const;

export function exitCodeOf(error: unknown): number {
  if (error instanceof StoreLocked) return EXIT.locked;
  if (!(error instanceof AppError)) return EXIT.failed;
  switch (error.reason) {
    case ErrorReason.INVALID:
      return EXIT.notConfigured;
    case ErrorReason.UNAVAILABLE:
      return EXIT.unavailable;
    case ErrorReason.UNAUTHENTICATED:
    case ErrorReason.DENIED:
      return EXIT.notLetIn;
    default:
      return EXIT.failed;
  }
}
