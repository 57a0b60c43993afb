import { fromBinary } from '@bufbuild/protobuf';
import { type Condition, ConditionStatus, PlacementReportSchema, Server_State } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { query } from '../../platform/db';
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

interface CountRow {
  readonly uid: string;
  readonly placements: number;
  readonly ready: number;
  readonly away: number;
  readonly awayReady: number;
  readonly removing: number;
  readonly awayName: string | null;
  readonly pendingName: string | null;
  readonly raised: string[] | null;
  readonly failedName: string | null;
  readonly failedReport: Buffer | null;
}

/** What the servers say of resources. */
@Injectable()
export class StatusRepository {
  /** Counts for lists: one statement for a whole page, however many servers each resource is on. */
  async countsOf(resourceUids: readonly string[]): Promise<Map<string, PlacementCounts>> {
    const rows = await query<CountRow>(countsSql, [resourceUids]);
    return new Map(rows.map((row) => [row.uid, countsOf(row)]));
  }

  placementsOf(resourceUids: readonly string[]): Promise<PlacementRow[]> {
    return query<PlacementRow>(
      `select p.resource_uid as "resourceUid", p.server_uid as "serverUid", coalesce(s.name, '') as "serverName",
         coalesce(s.state = ${Server_State.CONNECTED}, false) as connected, p.removing, ps.report
       from placement p left join server s on s.uid = p.server_uid
       left join placement_status ps on ps.resource_uid = p.resource_uid and ps.server_uid = p.server_uid
       where p.resource_uid = any ($1) order by s.name`,
      [resourceUids],
    );
  }
}

const isAway = `s.state is distinct from ${Server_State.CONNECTED}`;
const isCurrent = 'ps.observed_generation = r.generation';
const isReady = `ps.ready = ${ConditionStatus.TRUE}`;
const isFailed = `not p.removing and ${isCurrent} and ps.ready = ${ConditionStatus.FALSE}`;

// One look-up by key for each resource of the page: with a join the planner may read the whole tables instead.
const countsSql = `
select k.uid, c.*
from unnest($1::uuid[]) as k (uid)
cross join lateral (
  select
    count(*) filter (where not p.removing)::int as placements,
    count(*) filter (where not p.removing and ${isReady} and ${isCurrent} and not ${isAway})::int as ready,
    count(*) filter (where ${isAway})::int as away,
    count(*) filter (where ${isAway} and ${isReady} and ${isCurrent})::int as "awayReady",
    count(*) filter (where p.removing)::int as removing,
    min(s.name) filter (where ${isAway}) as "awayName",
    min(s.name) filter (where not p.removing and ps.observed_generation is distinct from r.generation) as "pendingName",
    (select array_agg(distinct n.type order by n.type) from placement_status x cross join unnest(x.raised) as n (type)
      where x.resource_uid = k.uid) as raised,
    (array_agg(s.name order by s.name) filter (where ${isFailed}))[1] as "failedName",
    (array_agg(ps.report order by s.name) filter (where ${isFailed}))[1] as "failedReport"
  from placement p
  join resource r on r.uid = p.resource_uid
  left join server s on s.uid = p.server_uid
  left join placement_status ps on ps.resource_uid = p.resource_uid and ps.server_uid = p.server_uid
  where p.resource_uid = k.uid
) c`;

function countsOf(row: CountRow): PlacementCounts {
  const condition = row.failedReport && readyOf(row.failedReport);
  return {
    placements: row.placements,
    ready: row.ready,
    away: row.away,
    awayReady: row.awayReady,
    removing: row.removing,
    raised: row.raised ?? [],
    awayName: row.awayName ?? undefined,
    pendingName: row.pendingName ?? undefined,
    failed: condition ? { serverName: row.failedName ?? 'a server', condition } : undefined,
  };
}

function readyOf(report: Buffer): Condition | undefined {
  return fromBinary(PlacementReportSchema, report).conditions.find(({ type }) => type === 'Ready');
}
