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

/** The columns of a ResourceRow, for `select`; the table is called r. */
export const resourceColumns = `
  r.uid, r.tenant_uid as "tenantUid",
  coalesce((select t.name from tenant t where t.uid = r.tenant_uid), '') as tenant, r.kind, r.name, r.display_name as "displayName", r.labels, r.generation,
  r.resource_version as "resourceVersion", r.spec, r.spec_schema as "specSchema", r.spec_sha256 as "specSha256",
  r.created_at as "createdAt", r.updated_at as "updatedAt", r.deleted_at as "deletedAt"`;
