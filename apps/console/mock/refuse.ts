import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema, ErrorReason } from '@ostler/contracts';
import type { Violation } from '@ostler/kernel';

const codes: Partial<Record<ErrorReason, Code>> = {
  [ErrorReason.INVALID]: Code.InvalidArgument,
  [ErrorReason.NOT_FOUND]: Code.NotFound,
  [ErrorReason.CONFLICT]: Code.Aborted,
  [ErrorReason.UNAUTHENTICATED]: Code.Unauthenticated,
  [ErrorReason.DENIED]: Code.PermissionDenied,
  [ErrorReason.REFERENCED]: Code.FailedPrecondition,
  [ErrorReason.REFERENCE_MISSING]: Code.FailedPrecondition,
  [ErrorReason.DOMAIN_TAKEN]: Code.AlreadyExists,
  [ErrorReason.PASSWORD_CHANGE_REQUIRED]: Code.PermissionDenied,
};

/** The error that the control plane answers with for a reason. */
export function refusal(
  reason: ErrorReason,
  message: string,
  violations: readonly Violation[] = [],
): ConnectError {
  return new ConnectError(message, codes[reason] ?? Code.FailedPrecondition, undefined, [
    { desc: ErrorInfoSchema, value: { reason, violations: [...violations] } },
  ]);
}
