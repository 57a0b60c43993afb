import { Injectable } from '@nestjs/common';
import type { Hold_Cause, Kind, Server_State } from '@ostler/contracts';
import { execute, prepared, query, queryOne } from '../platform/db';

export interface ServerRow {
  readonly uid: string;
  readonly tenant_uid: string;
  readonly name: string;
  readonly display_name: string;
  readonly labels: Record<string, string>;
  readonly report: Buffer | null;
  readonly agent_version: string;
  readonly feature_level: number;
  readonly clock_skew_ms: bigint;
  readonly joined_at: Date;
  readonly state: Server_State;
  readonly state_since: Date;
  readonly last_seen_at: Date | null;
  readonly stored_revision: bigint;
  readonly resource_version: bigint;
  readonly removed_at: Date | null;
  readonly revoked_at: Date | null;
  readonly hold_cause: Hold_Cause | null;
  readonly hold_message: string;
  readonly hold_since: Date | null;
  readonly hold_counter: bigint;
  readonly hello_counter: bigint;
  readonly last_disconnect: string;
  readonly last_disconnect_at: Date | null;
  readonly certificate_expires_at: Date | null;
  readonly orphans: readonly OrphanRow[];
  readonly placements: number;
  readonly placements_ready: number;
}

/** As JSON of the database gives it: a generation can be larger than a number. */
interface OrphanRow {
  readonly uid: string;
  readonly kind: Kind;
  readonly name: string;
  readonly generation: string;
}

export interface ListFilter {
  readonly labels: Record<string, string>;
  readonly search: string;
}

const columns = `s.uid, s.tenant_uid, s.name, s.display_name, s.labels, s.report, s.agent_version,
  s.feature_level, s.clock_skew_ms, s.joined_at, s.state, s.state_since, s.last_seen_at, s.stored_revision,
  s.resource_version, s.removed_at, s.revoked_at, s.hold_cause, s.hold_message, s.hold_since, s.hold_counter,
  s.hello_counter, s.last_disconnect, s.last_disconnect_at, s.certificate_expires_at,
  (select coalesce(jsonb_agg(jsonb_build_object('uid', o.uid, 'kind', o.kind, 'name', o.name,
     'generation', o.generation::text) order by o.kind, o.name), '[]')
   from orphaned_resource o where o.server_uid = s.uid) as orphans,
  (select count(*)::int from placement p where p.server_uid = s.uid and not p.removing) as placements,
  (select count(*)::int from placement p join placement_status t using (resource_uid, server_uid)
   where p.server_uid = s.uid and not p.removing and t.ready = 1 and t.observed_generation = p.generation
  ) as placements_ready`;

const byNameSql = prepared(`select ${columns} from server s where s.name = $1 and s.removed_at is null`);
const byUidSql = prepared(`select ${columns} from server s where s.uid = $1 and s.removed_at is null`);
const revisionsSql = prepared('select server_uid as uid, revision from manifest where server_uid = any ($1)');

/** The position of a change: the transaction that made it (DESIGN: order of changes, by xid and xmin). */
const changed = 'resource_version = txid_current()';

const filters = `s.removed_at is null and s.labels @> $1::jsonb
  and ($2 = '' or s.name ilike $2 or s.display_name ilike $2)`;

/** Table `server`, within the caller's unit of work. */
@Injectable()
export class ServerRepository {
  list(filter: ListFilter, afterName: string, limit: number): Promise<ServerRow[]> {
    return query(
      `select ${columns} from server s where ${filters} and s.name > $3 order by s.name limit $4`,
      [...filterParameters(filter), afterName, limit],
    );
  }

  async count(filter: ListFilter): Promise<number> {
    const row = await queryOne<{ total: number }>(
      `select count(*)::int as total from server s where ${filters}`,
      filterParameters(filter),
    );
    return row?.total ?? 0;
  }

  byName(name: string): Promise<ServerRow | undefined> {
    return queryOne(byNameSql, [name]);
  }

  /** Why an operator ended its trust; empty while nobody did, or gave no reason. */
  async revokedReason(name: string): Promise<string> {
    const row = await queryOne<{ reason: string }>(
      'select revoked_reason as reason from server where name = $1 and removed_at is null',
      [name],
    );
    return row?.reason ?? '';
  }

  byUid(uid: string): Promise<ServerRow | undefined> {
    return queryOne(byUidSql, [uid]);
  }

  /** What changed at or after a position; what it tells twice is the same. */
  changedSince(version: bigint): Promise<ServerRow[]> {
    return query(
      `select ${columns} from server s where s.resource_version >= $1 and ($1 > 0 or s.removed_at is null) order by s.name`,
      [version],
    );
  }

  /** From here on a watch misses nothing: everything before is committed and visible. */
  async horizon(): Promise<bigint> {
    const row = await queryOne<{ xmin: bigint }>(
      'select txid_snapshot_xmin(txid_current_snapshot()) as xmin',
    );
    return row?.xmin ?? 0n;
  }

  async describe(uid: string, displayName: string, labels: Record<string, string>): Promise<void> {
    await execute(`update server set display_name = $2, labels = $3, ${changed} where uid = $1`, [
      uid,
      displayName,
      JSON.stringify(labels),
    ]);
  }

  async markRemoved(uid: string): Promise<void> {
    await execute(`update server set removed_at = now(), ${changed} where uid = $1`, [uid]);
  }

  /** As the system: the revision of each server's manifest. */
  async revisions(uids: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    const rows = await query<{ uid: string; revision: bigint }>(revisionsSql, [uids]);
    return new Map(rows.map(({ uid, revision }) => [uid, revision]));
  }

  /** Serialises the choice of names within a tenant. */
  async namesWith(tenantUid: string, prefix: string): Promise<ReadonlySet<string>> {
    await query(`select pg_advisory_xact_lock(hashtext('server names'), hashtext($1))`, [tenantUid]);
    const rows = await query<{ name: string }>(
      `select name from server where tenant_uid = $1 and removed_at is null and starts_with(name, $2)`,
      [tenantUid, prefix],
    );
    return new Set(rows.map(({ name }) => name));
  }
}

function filterParameters({ labels, search }: ListFilter): unknown[] {
  const pattern = search === '' ? '' : `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return [JSON.stringify(labels), pattern];
}
