import { ErrorReason } from '@ostler/contracts';
import { AppError, type Violation } from '@ostler/kernel';
import { featureLevel } from '@ostler/resource-model';

import { query } from '../../platform/db';
import type { Admitted } from './draft';

/**
 * Refuses a field that the agent of a server does not know yet. Only fields that are used count, and only
 * servers whose agent has said its level.
 *
 * @throws AppError AGENT_TOO_OLD naming the field and the servers.
 */
export async function admitFeatureLevels(drafts: readonly Admitted[]): Promise<void> {
  const violations: Violation[] = [];
  for (const draft of drafts) {
    const { level, path } = featureLevel(draft.model.schema, draft.engine.compile(draft.spec));
    if (level <= 1) continue;
    const old = await query<{ name: string }>(
      `select s.name from placement p join server s on s.uid = p.server_uid
       where p.resource_uid = $1 and not p.removing and s.feature_level > 0 and s.feature_level < $2 order by s.name limit 5`,
      [draft.uid, level],
    );
    if (old.length === 0) continue;
    violations.push({
      field: `${draft.path}.${draft.model.specCase}.${path}`,
      reason: 'AGENT_TOO_OLD',
      message: `needs a newer agent on ${old.map(({ name }) => name).join(', ')}; update it or leave the field out`,
    });
  }
  const [first] = violations;
  if (first)
    throw new AppError(ErrorReason.AGENT_TOO_OLD, `${first.field}: ${first.message}`, { violations });
}
