import { ErrorReason, type Permission } from '@ostler/contracts';

/** One field of a request that was refused, with the way out in words. */
export interface Violation {
  /** Path in the request, like `resources[0].site.domains[1]`. */
  readonly field: string;
  /** UPPER_SNAKE, for programs. */
  readonly reason: string;
  readonly message: string;
}

export interface AppErrorOptions {
  readonly violations?: readonly Violation[];
  /** Seconds after which the same call may succeed. */
  readonly retryAfterSeconds?: number;
  /** With DENIED: the right that was missing. */
  readonly missingPermission?: Permission;
  /** With DENIED: the roles that have it, lowest first, like `operator`. */
  readonly rolesWithPermission?: readonly string[];
  readonly cause?: unknown;
}

/**
 * The one error type of services and drivers. The reason goes to programs, the message to people: what
 * happened, why, and what to do now. It never carries a secret.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly violations: readonly Violation[];
  readonly retryAfterSeconds: number;
  readonly missingPermission: Permission | undefined;
  readonly rolesWithPermission: readonly string[];

  constructor(
    readonly reason: ErrorReason,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.violations = options.violations ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds ?? 0;
    this.missingPermission = options.missingPermission;
    this.rolesWithPermission = options.rolesWithPermission ?? [];
  }

  /** A refusal that names one field. */
  static invalid(field: string, reason: string, message: string): AppError {
    return new AppError(ErrorReason.INVALID, `${field}: ${message}`, {
      violations: [{ field, reason, message }],
    });
  }

  static notFound(what: string): AppError {
    return new AppError(ErrorReason.NOT_FOUND, `${what} does not exist, or is not yours to see.`);
  }
}

/** The message of anything that was thrown, for logs and conditions. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
