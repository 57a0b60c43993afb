import { fromBinary } from '@bufbuild/protobuf';
import { type Condition, ConditionStatus, PlacementReportSchema, Server_State } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { prepared, query } from '../../platform/db';
import type { PlacementCounts } from './roll-up';

/** One placement with what its server last said. */
export interface PlacementRow {
  readonly resourceUid: string;
  readonly serverUid: string;
  readonly serverName: string;
  readonly connected: boolean;
  readonly removing: boolean;
  /** Serialised PlacementReport. */
  readonly report: Buffer | null;
}

/** Counts of one resource, as `countsBeside` gives them. */
export interface CountRow {
  readonly uid: string;
  readonly placements: number;
  readonly ready: number;
  readonly away: number;
  readonly awayReady: number;
  readonly removing: number;
  readonly awayName: string | null;
  readonly pendingName: string | null;
  /** A server on which it is not ready at the present generation. */
  readonly failedName: string | null;
  /** Conditions besides Ready are true somewhere. */
  readonly isRaised: boolean | null;
}

/** What is asked of those few only that have it. */
interface TroubleRow {
  readonly uid: string;
  readonly raised: string[] | null;
  /** Of the server that is named as failed. */
  readonly failedReport: Buffer | null;
}

/** What the servers say of resources. */
@Injectable()
export class StatusRepository {
  /** Counts for lists: one statement for a whole page, however many servers each resource is on. */
  async countsOf(resourceUids: readonly string[]): Promise<Map<string, PlacementCounts>> {
    return this.withTrouble(await query<CountRow>(countsSql, [resourceUids]));
  }

  /** Completes counts that were read beside their rows with what went wrong, where something did. */
  async withTrouble(rows: readonly CountRow[]): Promise<Map<string, PlacementCounts>> {
    const uids = rows.filter((row) => row.failedName !== null || row.isRaised).map(({ uid }) => uid);
    const troubles = uids.length > 0 ? await query<TroubleRow>(troubleSql, [uids]) : [];
    const byUid = new Map(troubles.map((trouble) => [trouble.uid, trouble]));
    return new Map(rows.map((row) => [row.uid, countsOf(row, byUid.get(row.uid))]));
  }

  placementsOf(resourceUids: readonly string[]): Promise<PlacementRow[]> {
    return query<PlacementRow>(placementsSql, [resourceUids]);
  }
}

const placementsSql = prepared(
  `select p.resource_uid as "resourceUid", p.server_uid as "serverUid", coalesce(s.name, '') as "serverName",
     coalesce(s.state = ${Server_State.CONNECTED}, false) as connected, p.removing, ps.report
   from placement p left join server s on s.uid = p.server_uid
   left join placement_status ps on ps.resource_uid = p.resource_uid and ps.server_uid = p.server_uid
   where p.resource_uid = any ($1) order by s.name`,
);

const isAway = `s.state is distinct from ${Server_State.CONNECTED}`;
const isCurrent = 'ps.observed_generation = r.generation';
const isReady = `ps.ready = ${ConditionStatus.TRUE}`;
const isFailed = `not p.removing and ${isCurrent} and ps.ready = ${ConditionStatus.FALSE}`;

/**
 * Counts of the resource `r`, as columns of `c` beside its row. Lateral, so that each is a look-up by key:
 * with a join the planner may read the whole tables instead.
 */
export const countsBeside = `
cross join lateral (
  select
    count(*) filter (where not p.removing)::int as placements,
    count(*) filter (where not p.removing and ${isReady} and ${isCurrent} and not ${isAway})::int as ready,
    count(*) filter (where ${isAway})::int as away,
    count(*) filter (where ${isAway} and ${isReady} and ${isCurrent})::int as "awayReady",
    count(*) filter (where p.removing)::int as removing,
    min(s.name) filter (where ${isAway}) as "awayName",
    min(s.name) filter (where not p.removing and ps.observed_generation is distinct from r.generation) as "pendingName",
    min(s.name) filter (where ${isFailed}) as "failedName",
    bool_or(ps.raised <> '{}') as "isRaised"
  from placement p
  left join server s on s.uid = p.server_uid
  left join placement_status ps on ps.resource_uid = p.resource_uid and ps.server_uid = p.server_uid
  where p.resource_uid = r.uid
) c`;

const countsSql = prepared(`select r.uid, c.* from resource r ${countsBeside} where r.uid = any ($1)`);

const troubleSql = prepared(`
select r.uid,
  (select array_agg(distinct n.type order by n.type) from placement_status x cross join unnest(x.raised) as n (type)
    where x.resource_uid = r.uid) as raised,
  (select ps.report from placement p join server s on s.uid = p.server_uid
     join placement_status ps on ps.resource_uid = p.resource_uid and ps.server_uid = p.server_uid
   where p.resource_uid = r.uid and ${isFailed} order by s.name limit 1) as "failedReport"
from resource r where r.uid = any ($1)`);

function countsOf(row: CountRow, trouble: TroubleRow | undefined): PlacementCounts {
  const condition = trouble?.failedReport && readyOf(trouble.failedReport);
  return {
    placements: row.placements,
    ready: row.ready,
    away: row.away,
    awayReady: row.awayReady,
    removing: row.removing,
    raised: trouble?.raised ?? [],
    awayName: row.awayName ?? undefined,
    pendingName: row.pendingName ?? undefined,
    failed: condition ? { serverName: row.failedName ?? 'a server', condition } : undefined,
  };
}

function readyOf(report: Buffer): Condition | undefined {
  return fromBinary(PlacementReportSchema, report).conditions.find(({ type }) => type === 'Ready');
}
