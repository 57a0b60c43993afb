import type { Kind } from '@ostler/contracts';
import { isUuid } from '@ostler/kernel';
import { Injectable } from '@nestjs/common';

import { execute, query, queryOne } from '../../platform/db';

export interface RevisionRow {
  readonly resourceUid: string;
  readonly generation: bigint;
  readonly tenantUid: string;
  readonly kind: Kind;
  readonly name: string;
  readonly displayName: string;
  readonly labels: Record<string, string>;
  readonly spec: Uint8Array;
  readonly specSchema: number;
  readonly actor: string;
  readonly summary: string;
  readonly createdAt: Date;
}

const columns = `resource_uid as "resourceUid", generation, tenant_uid as "tenantUid", kind, name,
  display_name as "displayName", labels, spec, spec_schema as "specSchema", actor, summary, created_at as "createdAt"`;

/** Immutable copies of specs, one per generation. */
@Injectable()
export class RevisionRepository {
  async insert(rows: readonly Omit<RevisionRow, 'createdAt'>[]): Promise<void> {
    if (rows.length === 0) return;
    await execute(
      `insert into revision (resource_uid, generation, tenant_uid, kind, name, display_name, labels, spec,
         spec_schema, actor, summary)
       select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::smallint[], $5::text[], $6::text[],
         $7::jsonb[], $8::bytea[], $9::smallint[], $10::text[], $11::text[])`,
      [
        rows.map((row) => row.resourceUid),
        rows.map((row) => row.generation),
        rows.map((row) => row.tenantUid),
        rows.map((row) => row.kind),
        rows.map((row) => row.name),
        rows.map((row) => row.displayName),
        rows.map((row) => JSON.stringify(row.labels)),
        rows.map((row) => Buffer.from(row.spec)),
        rows.map((row) => row.specSchema),
        rows.map((row) => row.actor),
        rows.map((row) => row.summary),
      ],
    );
  }

  find(resourceUid: string, generation: bigint): Promise<RevisionRow | undefined> {
    return queryOne<RevisionRow>(
      `select ${columns} from revision where resource_uid = $1 and generation = $2`,
      [resourceUid, generation],
    );
  }

  /**
   * The newest revision of what had the name last, or of what has the uid: also of a resource that is gone
   * from every server, of which nothing else is left.
   */
  newestOf(kind: Kind, name: string): Promise<RevisionRow | undefined> {
    return queryOne<RevisionRow>(
      `select ${columns} from revision where kind = $1 and (name = $2 or resource_uid = $3)
       order by created_at desc, generation desc limit 1`,
      [kind, name, isUuid(name) ? name : null],
    );
  }

  /** Newest first, from below a generation. */
  list(resourceUid: string, below: bigint | undefined, limit: number): Promise<RevisionRow[]> {
    return query<RevisionRow>(
      `select ${columns} from revision where resource_uid = $1 and ($2::bigint is null or generation < $2)
       order by generation desc limit $3`,
      [resourceUid, below ?? null, limit],
    );
  }
}
