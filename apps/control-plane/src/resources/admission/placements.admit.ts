import { ErrorReason } from '@ostler/contracts';
import { AppError, type Violation } from '@ostler/kernel';

import { query } from '../../platform/db';
import type { Admitted } from './draft';

export interface TargetServer {
  readonly uid: string;
  readonly tenantUid: string;
  readonly name: string;
}

/**
 * Finds the servers of each changed resource that says where it runs. A server is named among those that
 * the caller may see, its own tenant's first; a selector chooses among the servers of the resource's tenant.
 *
 * @throws AppError REFERENCE_MISSING for a server that does not exist.
 */
export async function admitPlacements(drafts: readonly Admitted[]): Promise<Map<string, TargetServer[]>> {
  const targets = new Map<string, TargetServer[]>();
  const violations: Violation[] = [];
  for (const draft of drafts) {
    const placement = draft.specChanged ? draft.model.placement(draft.spec) : undefined;
    if (!placement) continue;
    const servers = placement.server
      ? await serverNamed(draft.tenantUid, placement.server)
      : await serversWith(draft.tenantUid, placement.selector);
    if (placement.server && servers.length === 0) {
      violations.push({
        field: `${draft.path}.${draft.model.specCase}.placement.server`,
        reason: 'SERVER_MISSING',
        message: `there is no server ${placement.server}; join it first or name another`,
      });
    }
    targets.set(draft.uid, servers);
  }
  const [first] = violations;
  if (first)
    throw new AppError(ErrorReason.REFERENCE_MISSING, `${first.field}: ${first.message}`, { violations });
  return targets;
}

const columns = 'uid, tenant_uid as "tenantUid", name';

function serverNamed(tenantUid: string, name: string): Promise<TargetServer[]> {
  return query<TargetServer>(
    `select ${columns} from server where name = $2 and removed_at is null order by tenant_uid = $1 desc, uid limit 1`,
    [tenantUid, name],
  );
}

export function serversWith(
  tenantUid: string,
  labels: Readonly<Record<string, string>>,
): Promise<TargetServer[]> {
  return query<TargetServer>(
    `select ${columns} from server where tenant_uid = $1 and labels @> $2 and removed_at is null order by uid`,
    [tenantUid, JSON.stringify(labels)],
  );
}
