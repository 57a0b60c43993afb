import { Injectable } from '@nestjs/common';
import { query, queryOne } from '../platform/db';

/** What ends with a server, or goes on without anybody. */
export interface RemovalCounts {
  readonly placedOnlyThere: number;
  readonly placedElsewhereToo: number;
  readonly runningOperations: number;
}

/** A removed server keeps no placement, but one that is being removed in another unit may. */
const elsewhere = `exists (select from placement o join server s on s.uid = o.server_uid
  where o.resource_uid = p.resource_uid and o.server_uid <> p.server_uid and not o.removing
    and s.removed_at is null)`;

/** What the removal of a server means, counted in one look. */
@Injectable()
export class RemovalRepository {
  /** As the system: also what other tenants have there. */
  async counts(serverUid: string): Promise<RemovalCounts> {
    const row = await queryOne<RemovalCounts>(
      `select count(*) filter (where not ${elsewhere})::int as "placedOnlyThere",
         count(*) filter (where ${elsewhere})::int as "placedElsewhereToo",
         (select count(*)::int from operation where server_uid = $1 and ended_at is null) as "runningOperations"
       from placement p where p.server_uid = $1 and not p.removing`,
      [serverUid],
    );
    return row!;
  }

  /** Within the caller's unit: only domains that are the caller's own are named. */
  async domainsOnlyThere(serverUid: string, limit: number): Promise<string[]> {
    const rows = await query<{ domain: string }>(
      `select d.domain from domain_claim d join placement p on p.resource_uid = d.resource_uid
       where p.server_uid = $1 and not p.removing and not ${elsewhere} order by d.domain limit $2`,
      [serverUid, limit],
    );
    return rows.map(({ domain }) => domain);
  }
}
