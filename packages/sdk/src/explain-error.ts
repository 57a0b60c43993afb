import { Code, ConnectError } from '@connectrpc/connect';
import { AppError, type Violation } from '@ostler/kernel';
import { ErrorInfoSchema, ErrorReason, Permission } from '@ostler/contracts';

/** A failure as people and programs read it. */
export interface ExplainedError {
  readonly reason: ErrorReason;
  /** The reason in UPPER_SNAKE, like `DOMAIN_TAKEN`. */
  readonly reasonName: string;
  /** A few words in sentence case: what kind of failure it is. */
  readonly title: string;
  /** What happened, why, and what to do, as the control plane said it. */
  readonly message: string;
  readonly violations: readonly Violation[];
  /** Seconds after which the same call may succeed; 0 when waiting does not help. */
  readonly retryAfterSeconds: number;
  /** Path on the control plane where its docs explain the reason; empty when it named none. */
  readonly help: string;
  /** With DENIED: the right that was missing, like `RESOURCES_WRITE`; empty when it is not known. */
  readonly missingPermission: string;
  /** With DENIED: the roles that have the right, the lowest first. */
  readonly rolesWithPermission: readonly string[];
}

/** What an ErrorInfo says beside its reason. */
interface Details {
  readonly violations?: readonly Violation[];
  readonly retryAfterSeconds?: number;
  readonly help?: string;
  readonly missingPermission?: Permission;
  readonly rolesWithPermission?: readonly string[];
}

const UNREACHABLE =
  'The control plane did not answer. Check that it runs and that this machine reaches it, then try again.';

/** Says what anything that a call threw means. Never throws. */
export function explainError(error: unknown): ExplainedError {
  if (error instanceof AppError) return explain(error.reason, error.message, error);
  const failure = ConnectError.from(error);
  const info = failure.findDetails(ErrorInfoSchema)[0];
  if (info) return explain(info.reason || reasonOfCode[failure.code], failure.rawMessage, info);
  if (isNetworkFailure(failure)) return explain(ErrorReason.UNAVAILABLE, UNREACHABLE, {});
  return explain(reasonOfCode[failure.code], failure.rawMessage, {});
}

/** True when the caller itself called the request off. */
export function isCancelled(error: unknown): boolean {
  return explainError(error).reason === ErrorReason.CANCELLED;
}

function explain(reason: ErrorReason, message: string, more: Details): ExplainedError {
  return {
    reason,
    reasonName: ErrorReason[reason] ?? 'INTERNAL',
    title: titles[reason] ?? titles[ErrorReason.INTERNAL],
    message: message || titles[reason] || titles[ErrorReason.INTERNAL],
    violations: (more.violations ?? []).map(({ field, reason: why, message: text }) => ({
      field,
      reason: why,
      message: text,
    })),
    retryAfterSeconds: more.retryAfterSeconds ?? 0,
    help: more.help ?? '',
    missingPermission: more.missingPermission ? (Permission[more.missingPermission] ?? '') : '',
    rolesWithPermission: more.rolesWithPermission ?? [],
  };
}

/** `fetch` reports every network failure as a TypeError whose words differ between platforms. */
function isNetworkFailure(failure: ConnectError): boolean {
  return failure.code === Code.Unknown && failure.cause instanceof TypeError;
}

const reasonOfCode: Readonly<Record<Code, ErrorReason>> = {
  [Code.Canceled]: ErrorReason.CANCELLED,
  [Code.Unknown]: ErrorReason.INTERNAL,
  [Code.InvalidArgument]: ErrorReason.INVALID,
  [Code.DeadlineExceeded]: ErrorReason.DEADLINE_EXCEEDED,
  [Code.NotFound]: ErrorReason.NOT_FOUND,
  [Code.AlreadyExists]: ErrorReason.ALREADY_EXISTS,
  [Code.PermissionDenied]: ErrorReason.DENIED,
  [Code.ResourceExhausted]: ErrorReason.THROTTLED,
  [Code.FailedPrecondition]: ErrorReason.CONFLICT,
  [Code.Aborted]: ErrorReason.CONFLICT,
  [Code.OutOfRange]: ErrorReason.INVALID,
  [Code.Unimplemented]: ErrorReason.UNAVAILABLE,
  [Code.Internal]: ErrorReason.INTERNAL,
  [Code.Unavailable]: ErrorReason.UNAVAILABLE,
  [Code.DataLoss]: ErrorReason.INTERNAL,
  [Code.Unauthenticated]: ErrorReason.UNAUTHENTICATED,
};

const titles: Readonly<Record<ErrorReason, string>> = {
  [ErrorReason.UNSPECIFIED]: 'The call failed',
  [ErrorReason.INVALID]: 'Something in the request is not valid',
  [ErrorReason.NOT_FOUND]: 'It does not exist',
  [ErrorReason.ALREADY_EXISTS]: 'It exists already',
  [ErrorReason.CONFLICT]: 'Somebody changed it in between',
  [ErrorReason.REQUEST_ID_REUSED]: 'The request id was used for another request',
  [ErrorReason.UNAUTHENTICATED]: 'You are not signed in',
  [ErrorReason.DENIED]: 'You may not do this',
  [ErrorReason.THROTTLED]: 'Too many requests',
  [ErrorReason.REFERENCED]: 'Something still refers to it',
  [ErrorReason.REFERENCE_MISSING]: 'It refers to something that does not exist',
  [ErrorReason.DOMAIN_TAKEN]: 'The domain belongs to another site',
  [ErrorReason.AGENT_TOO_OLD]: 'The agent is too old for this',
  [ErrorReason.LIMIT_EXCEEDED]: 'A limit is reached',
  [ErrorReason.SERVER_UNREACHABLE]: 'The server is not connected',
  [ErrorReason.CAPABILITY_MISSING]: 'The server cannot do this',
  [ErrorReason.PASSWORD_CHANGE_REQUIRED]: 'The password must be changed first',
  [ErrorReason.TOKEN_EXPIRED]: 'The token has expired',
  [ErrorReason.FENCED]: 'A newer control plane is in charge',
  [ErrorReason.UNAVAILABLE]: 'The control plane is not available',
  [ErrorReason.INTERNAL]: 'The control plane failed',
  [ErrorReason.CANCELLED]: 'Cancelled',
  [ErrorReason.DEADLINE_EXCEEDED]: 'It took too long',
};
