import type { ErrorReason } from '@ostler/contracts';

import type { AuditNote, Call, Caller } from './call';

/** Finds who calls, from cookie or bearer token. The identity room is it. */
export abstract class Authenticator {
  /**
   * The caller; undefined when the call carries no credentials.
   *
   * @throws AppError UNAUTHENTICATED or TOKEN_EXPIRED when it carries wrong ones.
   */
  abstract authenticate(call: Call): Promise<Caller | undefined>;
}

export interface AuditRecord extends AuditNote {
  readonly tenantUid: string | undefined;
  readonly actor: string;
  readonly actorUid: string | undefined;
  readonly method: string;
  readonly outcome: 'done' | 'denied' | 'refused';
  readonly reason: ErrorReason;
  readonly requestId: string;
  readonly address: string;
}

/** Appends to the audit within the present unit of work. The audit room is it. */
export abstract class AuditSink {
  abstract append(records: readonly AuditRecord[]): Promise<void>;
}
