import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { type AuditEntry, AuditEntry_Outcome, AuditEntrySchema } from '@ostler/contracts';

import { UnitOfWork, Wake } from '../platform/db';
import { type AuditRecord, AuditSink } from '../platform/rpc';
import { type AuditFilter, AuditRepository, type AuditRow } from './audit.repository';

/** The append-only trail. The database lets nobody change or remove an entry. */
@Injectable()
export class AuditTrail extends AuditSink {
  constructor(
    private readonly repository: AuditRepository,
    private readonly wake: Wake,
    private readonly unitOfWork: UnitOfWork,
  ) {
    super();
  }

  override async append(records: readonly AuditRecord[]): Promise<void> {
    await this.repository.insert(records);
    this.wake.notify('audit');
  }

  /** Newest first. */
  async list(filter: AuditFilter, before: string | undefined, limit: number): Promise<AuditEntry[]> {
    return (await this.repository.list(filter, before, limit)).map(toEntry);
  }

  /** Newest first, for watches. */
  newest(tenantUids: readonly string[], limit: number): Promise<AuditEntry[]> {
    const all = { actor: '', subject: '', outcome: AuditEntry_Outcome.UNSPECIFIED };
    return this.unitOfWork.asTenant(tenantUids, () => this.list(all, undefined, limit));
  }
}

function toEntry(row: AuditRow): AuditEntry {
  return create(AuditEntrySchema, {
    uid: row.uid,
    createdAt: timestampFromDate(row.created_at),
    actor: row.actor,
    method: row.method,
    outcome: row.outcome,
    reason: row.reason,
    subject: row.subject,
    resourceUid: row.resource_uid ?? '',
    generation: row.generation,
    requestId: row.request_id,
    address: row.address,
    message: row.message,
  });
}
