import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema, ErrorReason } from '@ostler/contracts';
import { AppError, type Violation } from '@ostler/kernel';

import { codeOf, isDatabaseAway } from '../db';

const codes: Readonly<Record<ErrorReason, Code>> = {
  [ErrorReason.UNSPECIFIED]: Code.Unknown,
  [ErrorReason.INVALID]: Code.InvalidArgument,
  [ErrorReason.NOT_FOUND]: Code.NotFound,
  [ErrorReason.ALREADY_EXISTS]: Code.AlreadyExists,
  [ErrorReason.CONFLICT]: Code.Aborted,
  [ErrorReason.REQUEST_ID_REUSED]: Code.FailedPrecondition,
  [ErrorReason.UNAUTHENTICATED]: Code.Unauthenticated,
  [ErrorReason.DENIED]: Code.PermissionDenied,
  [ErrorReason.THROTTLED]: Code.ResourceExhausted,
  [ErrorReason.REFERENCED]: Code.FailedPrecondition,
  [ErrorReason.REFERENCE_MISSING]: Code.FailedPrecondition,
  [ErrorReason.DOMAIN_TAKEN]: Code.AlreadyExists,
  [ErrorReason.AGENT_TOO_OLD]: Code.FailedPrecondition,
  [ErrorReason.LIMIT_EXCEEDED]: Code.InvalidArgument,
  [ErrorReason.SERVER_UNREACHABLE]: Code.Unavailable,
  [ErrorReason.CAPABILITY_MISSING]: Code.FailedPrecondition,
  [ErrorReason.PASSWORD_CHANGE_REQUIRED]: Code.PermissionDenied,
  [ErrorReason.TOKEN_EXPIRED]: Code.Unauthenticated,
  [ErrorReason.FENCED]: Code.Aborted,
  [ErrorReason.UNAVAILABLE]: Code.Unavailable,
  [ErrorReason.INTERNAL]: Code.Internal,
  [ErrorReason.CANCELLED]: Code.Canceled,
  [ErrorReason.DEADLINE_EXCEEDED]: Code.DeadlineExceeded,
};

/** What Connect itself throws: a body that is not a message, too large a body, a caller who hung up. */
const reasonsOfConnect: ReadonlyMap<Code, ErrorReason> = new Map([
  [Code.Canceled, ErrorReason.CANCELLED],
  [Code.InvalidArgument, ErrorReason.INVALID],
  [Code.DeadlineExceeded, ErrorReason.DEADLINE_EXCEEDED],
  [Code.NotFound, ErrorReason.NOT_FOUND],
  [Code.ResourceExhausted, ErrorReason.LIMIT_EXCEEDED],
  [Code.Unimplemented, ErrorReason.NOT_FOUND],
]);

/**
 * Every error as an AppError: ours as they are, foreign ones by what they mean to the caller. What says
 * nothing to the caller is undefined: it is logged and answered as INTERNAL.
 */
export function asAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (error instanceof ConnectError) {
    // In binary, an element of a stream that is no message is "internal" to the library.
    if (error.code === Code.Internal && error.rawMessage.startsWith('parse binary: ')) {
      return AppError.invalid('', 'NOT_A_MESSAGE', 'does not decode as a message of the contract');
    }
    const reason = reasonsOfConnect.get(error.code);
    return reason === undefined ? undefined : new AppError(reason, error.rawMessage, { cause: error });
  }
  if (isDatabaseAway(error)) {
    // It may have gone between its commit and its answer: that nothing was changed is not known.
    const message =
      'The database is away for a moment. Try again: with the same request id a change is made once.';
    return new AppError(ErrorReason.UNAVAILABLE, message, { retryAfterSeconds: 2, cause: error });
  }
  return ofPostgres(codeOf(error), error);
}

function ofPostgres(sqlState: string, cause: unknown): AppError | undefined {
  switch (sqlState) {
    // Unique violation, serialization failure, deadlock: two changes at the same time.
    case '23505':
    case '40001':
    case '40P01':
      return new AppError(
        ErrorReason.CONFLICT,
        'Somebody changed the same thing at the same moment; look and try again.',
        {
          retryAfterSeconds: 1,
          cause,
        },
      );
    // A lock or a statement that took too long.
    case '55P03':
    case '57014':
      return new AppError(
        ErrorReason.UNAVAILABLE,
        'The database is too busy. Nothing was changed; try again.',
        {
          retryAfterSeconds: 2,
          cause,
        },
      );
    // NUL in a text (PostgreSQL stores none), and a number beyond 63 bits.
    case '22021':
    case '22P05':
      return new AppError(ErrorReason.INVALID, 'A text holds a NUL character; take it out.', { cause });
    case '22003':
      return new AppError(ErrorReason.INVALID, 'A number is too large.', { cause });
    default:
      return undefined;
  }
}

/** gRPC sends an error in a header, of which its C core takes 8 KiB, in base64 and with the message. */
const mostViolationBytes = 4_096;

/** The first ones, as many as every client takes; the message says how many there are. */
function fitting(violations: readonly Violation[]): Violation[] {
  let bytes = 0;
  return violations.filter(({ field, reason, message }, index) => {
    bytes += Buffer.byteLength(field) + reason.length + Buffer.byteLength(message) + 8;
    return index === 0 || bytes <= mostViolationBytes;
  });
}

/** The page that explains each reason; it is served here, so no address of it can be wrong. */
export const helpFor = (reason: ErrorReason): string =>
  `/docs/troubleshooting/errors#${ErrorReason[reason].toLowerCase()}`;

/** The error as it goes over the wire. */
export function toConnectError(error: AppError): ConnectError {
  const { reason, retryAfterSeconds, missingPermission } = error;
  const violations = fitting(error.violations).map((violation) => ({ ...violation }));
  const rolesWithPermission = [...error.rolesWithPermission];
  const help = helpFor(reason);
  const value = { reason, violations, retryAfterSeconds, missingPermission, rolesWithPermission, help };
  const header: Record<string, string> =
    retryAfterSeconds > 0 ? { 'retry-after': String(retryAfterSeconds) } : {};
  return new ConnectError(error.message, codes[reason], header, [{ desc: ErrorInfoSchema, value }], error);
}
