import type { ErrorReason } from '@ostler/contracts';

import type { AuditNote, Call, Caller } from './call';

/** What says who calls: the headers, and which of its cookies is to be believed. */
export type Credentials = Pick<Call, 'header' | 'secure'>;

/** Finds who calls, from cookie or bearer token. The identity room is it. */
export abstract class Authenticator {
  /**
   * The caller; undefined when the call carries no credentials.
   *
   * @throws AppError UNAUTHENTICATED or TOKEN_EXPIRED when it carries wrong ones.
   */
  abstract authenticate(call: Credentials): Promise<Caller | undefined>;
}

export interface AuditRecord extends AuditNote {
  readonly tenantUid: string | undefined;
  readonly actor: string;
  readonly actorUid: string | undefined;
  readonly method: string;
  readonly outcome: 'done' | 'denied' | 'refused';
  readonly reason: ErrorReason;
  readonly requestId: string;
  /** By W3C Trace Context; empty for what is no call. */
  readonly traceparent?: string;
  readonly address: string;
}

/** The audit room is it. */
export abstract class AuditSink {
  /** Appends within the present unit of work. */
  abstract append(records: readonly AuditRecord[]): Promise<void>;

  /** For a call of nobody: tells or counts it in the trail of the first tenant, whose owners run all this. */
  abstract noteUnknown(record: AuditRecord): Promise<void>;

  /** Tells what was only counted until now. */
  abstract countUnknown(): Promise<void>;
}
