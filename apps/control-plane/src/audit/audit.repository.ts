import { Injectable } from '@nestjs/common';
import type { AuditEntry_Outcome, ErrorReason } from '@ostler/contracts';
import { newUid } from '@ostler/kernel';

import { executeWithCommit, prepared, query } from '../platform/db';
import type { AuditRecord } from '../platform/rpc';

export interface AuditRow {
  readonly uid: string;
  readonly created_at: Date;
  readonly actor: string;
  readonly method: string;
  readonly outcome: AuditEntry_Outcome;
  readonly reason: ErrorReason;
  readonly subject: string;
  readonly resource_uid: string | null;
  readonly generation: bigint;
  readonly request_id: string;
  readonly traceparent: string;
  readonly address: string;
  readonly message: string;
}

export interface AuditFilter {
  readonly actor: string;
  readonly subject: string;
  readonly outcome: AuditEntry_Outcome;
  /** Empty: whatever it is about. */
  readonly resourceUid: string;
  /** Part of the method. */
  readonly method: string;
  /** A request id or a trace id; empty: of any. */
  readonly request: string;
  readonly since: Date | undefined;
  /** Entries of this moment are left out. */
  readonly until: Date | undefined;
}

const outcomes = { done: 1, denied: 2, refused: 3 } as const;

const columns = `uid, created_at, actor, method, outcome, reason, subject, resource_uid, generation, request_id,
  traceparent, address, message`;

const insertSql = prepared(
  `insert into audit_entry (uid, tenant_uid, actor, actor_uid, method, outcome, reason, subject, resource_uid,
     generation, request_id, address, message, traceparent)
   select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::smallint[],
     $7::smallint[], $8::text[], $9::uuid[], $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[])`,
);

@Injectable()
export class AuditRepository {
  /** One statement for all of them: an Apply of 500 resources leaves 500 entries. Its failure fails the unit. */
  insert(records: readonly AuditRecord[]): void {
    const column = (of: (record: AuditRecord) => unknown): unknown[] => records.map(of);
    executeWithCommit(insertSql, [
      column(() => newUid()),
      column(({ tenantUid }) => tenantUid ?? null),
      column(({ actor }) => storable(actor)),
      column(({ actorUid }) => actorUid ?? null),
      column(({ method }) => method),
      column(({ outcome }) => outcomes[outcome]),
      column(({ reason }) => reason),
      column(({ subject }) => storable(subject)),
      column(({ resourceUid }) => resourceUid ?? null),
      column(({ generation }) => generation ?? 0n),
      column(({ requestId }) => storable(requestId)),
      column(({ address }) => address),
      column(({ message }) => storable(message)),
      column(({ traceparent }) => traceparent ?? ''),
    ]);
  }

  /** Newest first, older than `before` when given. */
  list(filter: AuditFilter, before: string | undefined, limit: number): Promise<AuditRow[]> {
    return query<AuditRow>(
      `select ${columns} from audit_entry
       where ($1 = '' or actor = $1) and ($2 = '' or position(lower($2) in lower(subject)) > 0)
         and ($3 = 0 or outcome = $3) and ($4::uuid is null or uid < $4)
         and ($6::uuid is null or resource_uid = $6) and ($7 = '' or position(lower($7) in lower(method)) > 0)
         and ($8::timestamptz is null or created_at >= $8) and ($9::timestamptz is null or created_at < $9)
         and ($10 = '' or request_id = $10 or split_part(traceparent, '-', 2) = $10)
       order by uid desc limit $5`,
      [
        filter.actor,
        filter.subject,
        filter.outcome,
        before ?? null,
        limit,
        filter.resourceUid || null,
        filter.method,
        filter.since ?? null,
        filter.until ?? null,
        filter.request,
      ],
    );
  }
}

/** A text that was refused may hold what PostgreSQL does not store; its audit entry must be written anyway. */
function storable(text = ''): string {
  return text.replaceAll('\0', '\u{FFFD}').slice(0, 4000);
}
