import { ErrorReason } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';

import type { Call } from './call';
import type { AuditRecord } from './ports';

/** What the audit gets of a mutation that was done: an entry per note, or one without a subject. */
export function doneRecords(call: Call): AuditRecord[] {
  const notes = call.notes.length > 0 ? call.notes : [{}];
  return notes.map((note) => ({ ...base(call), ...note, outcome: 'done', reason: ErrorReason.UNSPECIFIED }));
}

const denials = new Set([
  ErrorReason.DENIED,
  ErrorReason.UNAUTHENTICATED,
  ErrorReason.TOKEN_EXPIRED,
  ErrorReason.PASSWORD_CHANGE_REQUIRED,
]);

/** What the audit gets of a call that was denied or refused: one entry, whatever it was about. */
export function refusalRecord(call: Call, error: unknown): AuditRecord {
  const reason = error instanceof AppError ? error.reason : ErrorReason.INTERNAL;
  const subject = call.notes[0]?.subject;
  // Only what was written for the caller to read; anything else may hold what must not be kept.
  const message = error instanceof AppError ? messageOf(error).slice(0, 2000) : 'internal error';
  return { ...base(call), subject, message, outcome: denials.has(reason) ? 'denied' : 'refused', reason };
}

function base(call: Call) {
  const { caller, service, method } = call;
  return {
    tenantUid: caller?.tenantUid ?? call.auditTenantUid,
    actor: caller?.actor ?? '',
    actorUid: caller ? (caller.apiTokenUid ?? caller.personUid) : undefined,
    method: `${service.typeName}/${method.name}`,
    requestId: call.requestId,
    traceparent: call.trace.traceparent,
    address: call.address,
  };
}
