import type { Kind } from '@ostler/contracts';
import type { ResourceUid, TenantUid } from '@ostler/kernel';

/** A row of the table resource. */
export interface ResourceRow {
  readonly uid: ResourceUid;
  readonly tenantUid: TenantUid;
  /** Name of the tenant. */
  readonly tenant: string;
  readonly kind: Kind;
  readonly name: string;
  readonly displayName: string;
  readonly labels: Record<string, string>;
  readonly generation: bigint;
  readonly resourceVersion: bigint;
  readonly spec: Buffer;
  readonly specSchema: number;
  readonly specSha256: Buffer;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deletedAt: Date | null;
}

/** The resource r of kind $2 and name $3: the one of tenant $1 first, then those of tenants nested in it. */
export const whereNamed = `where r.kind = $2 and r.name = $3
  order by r.deleted_at is not null, r.tenant_uid = $1 desc, r.uid desc limit 1`;

/** What of a resource is read to be shown. */
export type ReadRow = Omit<ResourceRow, 'tenantUid' | 'specSha256'>;

/** The columns of a ResourceRow, for `select`; the table is called r. */
export const resourceColumns = `
  r.tenant_uid as "tenantUid", r.spec_sha256 as "specSha256", ${columnsWith('tenant')}`;

/**
 * Those of a ReadRow, for statements that begin with `with ${tenantNames}`: the policy of the table tenant is
 * then asked once, and not for every row.
 */
export const readColumns = columnsWith('tenant_name');
export const tenantNames = 'tenant_name as materialized (select uid, name from tenant)';

function columnsWith(tenants: string): string {
  return `
  r.uid, coalesce((select t.name from ${tenants} t where t.uid = r.tenant_uid), '') as tenant, r.kind, r.name,
  r.display_name as "displayName", r.labels, r.generation, r.resource_version as "resourceVersion",
  r.spec, r.spec_schema as "specSchema", r.created_at as "createdAt", r.updated_at as "updatedAt",
  r.deleted_at as "deletedAt"`;
}
