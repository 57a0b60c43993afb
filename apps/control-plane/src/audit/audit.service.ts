import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { type AuditEntry, AuditEntry_Outcome, AuditEntrySchema } from '@ostler/contracts';
import { traceIdOf } from '@ostler/kernel';

import { queryOne, UnitOfWork, Wake } from '../platform/db';
import { type AuditRecord, AuditSink } from '../platform/rpc';
import { type AuditFilter, AuditRepository, type AuditRow } from './audit.repository';
import { UnknownCallers } from './unknown-callers';

/** The append-only trail. The database lets nobody change or remove an entry. */
@Injectable()
export class AuditTrail extends AuditSink {
  private readonly unknown = new UnknownCallers();

  constructor(
    private readonly repository: AuditRepository,
    private readonly wake: Wake,
    private readonly unitOfWork: UnitOfWork,
  ) {
    super();
  }

  override append(records: readonly AuditRecord[]): Promise<void> {
    this.repository.insert(records);
    this.wake.notify('audit');
    return Promise.resolve();
  }

  override async noteUnknown(record: AuditRecord): Promise<void> {
    const entry = this.unknown.note(record);
    if (entry) await this.appendToFirst([entry]);
  }

  override async countUnknown(): Promise<void> {
    const entries = this.unknown.endWindow();
    if (entries.length > 0) await this.appendToFirst(entries);
  }

  /** A caller who is nobody has no tenant; the owners of the first one answer for the installation. */
  private appendToFirst(records: readonly AuditRecord[]): Promise<void> {
    return this.unitOfWork.asSystem('audit-unknown', async () => {
      const first = await queryOne<{ uid: string }>(
        'select uid from tenant where parent_uid is null order by uid limit 1',
      );
      if (first) await this.append(records.map((record) => ({ ...record, tenantUid: first.uid })));
    });
  }

  /** Newest first. */
  async list(filter: AuditFilter, before: string | undefined, limit: number): Promise<AuditEntry[]> {
    return (await this.repository.list(filter, before, limit)).map(toEntry);
  }

  /** Newest first, for watches. */
  newest(tenantUids: readonly string[], limit: number): Promise<AuditEntry[]> {
    return this.unitOfWork.asTenant(tenantUids, () => this.list(everything, undefined, limit));
  }
}

const everything: AuditFilter = {
  actor: '',
  subject: '',
  outcome: AuditEntry_Outcome.UNSPECIFIED,
  resourceUid: '',
  method: '',
  request: '',
  since: undefined,
  until: undefined,
};

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
    traceId: traceIdOf(row.traceparent),
  });
}
