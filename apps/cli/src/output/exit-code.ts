import { ErrorReason } from '@ostler/contracts';

/** What the program returns; documented in docs/reference/cli.md. */
export const ExitCode = {
  DONE: 0,
  /** `diff` found a difference, or what was waited for did not become Ready. */
  DIFFERENT: 1,
  /** The command line, a spec file or a field is wrong. */
  INVALID: 2,
  /** Not signed in, or not allowed. */
  DENIED: 3,
  NOT_FOUND: 4,
  /** Somebody changed it in between, or something refers to it. */
  CONFLICT: 5,
  /** The control plane or the server did not answer: trying again may help. */
  UNAVAILABLE: 6,
  FAILED: 7,
} as const;

const codes: Partial<Record<ErrorReason, number>> = {
  [ErrorReason.INVALID]: ExitCode.INVALID,
  [ErrorReason.LIMIT_EXCEEDED]: ExitCode.INVALID,
  [ErrorReason.REFERENCE_MISSING]: ExitCode.INVALID,
  [ErrorReason.AGENT_TOO_OLD]: ExitCode.INVALID,
  [ErrorReason.UNAUTHENTICATED]: ExitCode.DENIED,
  [ErrorReason.DENIED]: ExitCode.DENIED,
  [ErrorReason.TOKEN_EXPIRED]: ExitCode.DENIED,
  [ErrorReason.PASSWORD_CHANGE_REQUIRED]: ExitCode.DENIED,
  [ErrorReason.NOT_FOUND]: ExitCode.NOT_FOUND,
  [ErrorReason.CONFLICT]: ExitCode.CONFLICT,
  [ErrorReason.ALREADY_EXISTS]: ExitCode.CONFLICT,
  [ErrorReason.REFERENCED]: ExitCode.CONFLICT,
  [ErrorReason.DOMAIN_TAKEN]: ExitCode.CONFLICT,
  [ErrorReason.REQUEST_ID_REUSED]: ExitCode.CONFLICT,
  [ErrorReason.THROTTLED]: ExitCode.UNAVAILABLE,
  [ErrorReason.UNAVAILABLE]: ExitCode.UNAVAILABLE,
  [ErrorReason.SERVER_UNREACHABLE]: ExitCode.UNAVAILABLE,
  [ErrorReason.DEADLINE_EXCEEDED]: ExitCode.UNAVAILABLE,
};

export function exitCodeOf(reason: ErrorReason): number {
  return codes[reason] ?? ExitCode.FAILED;
}
