import type { Kind } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { execute, prepared, query, queryOne } from '../../platform/db';
import { resourceColumns, type ResourceRow, whereNamed } from './resource-row';

export interface ResourceKey {
  readonly tenantUid: string;
  readonly kind: Kind;
  readonly name: string;
}

export interface ResourceWrite {
  readonly uid: string;
  readonly tenantUid: string;
  readonly kind: Kind;
  readonly name: string;
  readonly displayName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly generation: bigint;
  readonly resourceVersion: bigint;
  readonly spec: Uint8Array;
  readonly specSchema: number;
  readonly specSha256: Uint8Array;
  readonly searchText: string;
}

const namedSql = prepared(`select ${resourceColumns} from resource r ${whereNamed}`);

/** Rows of resource, within the unit of work of the caller. */
@Injectable()
export class ResourceRepository {
  /** Present resources by their names; those that are being removed are gone by name. */
  findByKeys(keys: readonly ResourceKey[]): Promise<ResourceRow[]> {
    return query<ResourceRow>(
      `select ${resourceColumns} from resource r
       join unnest($1::uuid[], $2::smallint[], $3::text[]) as k (tenant_uid, kind, name)
         on r.tenant_uid = k.tenant_uid and r.kind = k.kind and r.name = k.name
       where r.deleted_at is null`,
      [keys.map((key) => key.tenantUid), keys.map((key) => key.kind), keys.map((key) => key.name)],
    );
  }

  /** The own tenant's first, then those nested in it. */
  findNamed(tenantUid: string, kind: Kind, name: string): Promise<ResourceRow | undefined> {
    return queryOne<ResourceRow>(namedSql, [tenantUid, kind, name]);
  }

  findByUids(uids: readonly string[]): Promise<ResourceRow[]> {
    return query<ResourceRow>(`select ${resourceColumns} from resource r where r.uid = any ($1)`, [uids]);
  }

  async insert(rows: readonly ResourceWrite[]): Promise<void> {
    if (rows.length === 0) return;
    await execute(
      `insert into resource (uid, tenant_uid, kind, name, display_name, labels, generation, resource_version,
         spec, spec_schema, spec_sha256, search_text)
       select * from ${rowsOf}`,
      columnsOf(rows),
    );
  }

  async update(rows: readonly ResourceWrite[]): Promise<void> {
    if (rows.length === 0) return;
    await execute(
      `update resource r set display_name = n.display_name, labels = n.labels, generation = n.generation,
         resource_version = n.resource_version, spec = n.spec, spec_schema = n.spec_schema,
         spec_sha256 = n.spec_sha256, search_text = n.search_text, updated_at = now()
       from ${rowsOf} where r.uid = n.uid`,
      columnsOf(rows),
    );
  }

  /** Says that something about the resources changed, in this order. */
  async touch(uids: readonly string[], firstVersion: bigint): Promise<void> {
    await execute(
      `update resource r set resource_version = $2::bigint + n.position - 1
       from unnest($1::uuid[]) with ordinality as n (uid, position) where r.uid = n.uid`,
      [uids, firstVersion],
    );
  }

  async markDeleted(uid: string, resourceVersion: bigint): Promise<void> {
    await execute(
      'update resource set deleted_at = now(), updated_at = now(), resource_version = $2 where uid = $1',
      [uid, resourceVersion],
    );
  }

  /** The resource is on no server any more. Its revisions stay, for history; its secrets for some days. */
  async remove(row: ResourceRow, resourceVersion: bigint): Promise<void> {
    await execute('delete from domain_claim where resource_uid = $1', [row.uid]);
    await execute('delete from resource where uid = $1', [row.uid]);
    await execute(
      `insert into resource_removal (tenant_uid, resource_version, resource_uid, kind, name)
       values ($1, $2, $3, $4, $5)`,
      [row.tenantUid, resourceVersion, row.uid, row.kind, row.name],
    );
  }
}

const rowsOf = `unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::jsonb[], $7::bigint[],
  $8::bigint[], $9::bytea[], $10::smallint[], $11::bytea[], $12::text[])
  as n (uid, tenant_uid, kind, name, display_name, labels, generation, resource_version, spec, spec_schema,
    spec_sha256, search_text)`;

function columnsOf(rows: readonly ResourceWrite[]): unknown[] {
  return [
    rows.map(({ uid }) => uid),
    rows.map(({ tenantUid }) => tenantUid),
    rows.map(({ kind }) => kind),
    rows.map(({ name }) => name),
    rows.map(({ displayName }) => displayName),
    rows.map(({ labels }) => JSON.stringify(labels)),
    rows.map(({ generation }) => generation),
    rows.map(({ resourceVersion }) => resourceVersion),
    rows.map(({ spec }) => Buffer.from(spec)),
    rows.map(({ specSchema }) => specSchema),
    rows.map(({ specSha256 }) => Buffer.from(specSha256)),
    rows.map(({ searchText }) => searchText),
  ];
}
