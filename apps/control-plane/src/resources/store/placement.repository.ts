import { Injectable } from '@nestjs/common';

import { execute, query, queryOne } from '../../platform/db';
import type { ResourceRow } from './resource-row';

type Follower = Pick<ResourceRow, 'uid' | 'tenantUid' | 'generation'>;

/** Rows of placement: one resource on one server, or the tombstone of one. */
@Injectable()
export class PlacementRepository {
  /**
   * Makes these the servers of a resource. Others that had it get a tombstone; one that comes back before its
   * tombstone was carried out simply stays.
   *
   * @returns the servers whose manifest changes.
   */
  async setServers(
    resourceUid: string,
    tenantUid: string,
    generation: bigint,
    serverUids: readonly string[],
  ): Promise<string[]> {
    const placed = await query<{ uid: string }>(
      `insert into placement as p (resource_uid, server_uid, tenant_uid, server_tenant_uid, generation)
       select $1, s.uid, $2, s.tenant_uid, $3 from server s where s.uid = any ($4)
       on conflict (resource_uid, server_uid) do update set removing = false, generation = excluded.generation
         where p.removing or p.generation <> excluded.generation
       returning server_uid as uid`,
      [resourceUid, tenantUid, generation, serverUids],
    );
    const leaving = await query<{ uid: string }>(
      `update placement set removing = true, generation = $2
       where resource_uid = $1 and not removing and server_uid <> all ($3::uuid[]) returning server_uid as uid`,
      [resourceUid, generation, serverUids],
    );
    return [...placed, ...leaving].map(({ uid }) => uid);
  }

  /**
   * Puts resources without a placement of their own where what references them runs.
   *
   * @returns those of them that came or went somewhere, and the servers whose manifest changes.
   */
  async follow(rows: readonly Follower[]): Promise<{ moved: string[]; touched: string[] }> {
    const [moved, touched]: [string[], string[]] = [[], []];
    for (const { uid, tenantUid, generation } of rows) {
      const servers = await this.setServers(uid, tenantUid, generation, await this.serversOfReferrers(uid));
      if (servers.length > 0) moved.push(uid);
      touched.push(...servers);
    }
    return { moved, touched };
  }

  /** Servers on which something that references the resource runs. */
  private async serversOfReferrers(resourceUid: string): Promise<string[]> {
    const rows = await query<{ uid: string }>(
      `select distinct p.server_uid as uid from reference f
       join placement p on p.resource_uid = f.from_uid and not p.removing
       join resource r on r.uid = f.from_uid and r.deleted_at is null
       where f.to_uid = $1`,
      [resourceUid],
    );
    return rows.map(({ uid }) => uid);
  }

  /** Servers that have the resource, or still have to let go of it. */
  serversOf(resourceUid: string): Promise<{ uid: string; name: string; removing: boolean }[]> {
    return query(
      `select s.uid, s.name, p.removing from placement p join server s on s.uid = p.server_uid
       where p.resource_uid = $1 order by s.name`,
      [resourceUid],
    );
  }

  async count(resourceUid: string): Promise<number> {
    const row = await queryOne<{ count: bigint }>(
      'select count(*) as count from placement where resource_uid = $1',
      [resourceUid],
    );
    return Number(row?.count ?? 0n);
  }

  /** The server with more entries than the limit, if there is one. */
  overfull(
    serverUids: readonly string[],
    most: number,
  ): Promise<{ name: string; count: bigint } | undefined> {
    return queryOne(
      `select s.name, count(*) as count from placement p join server s on s.uid = p.server_uid
       where p.server_uid = any ($1) group by s.uid, s.name having count(*) > $2 limit 1`,
      [serverUids, most],
    );
  }

  /** Asks for the manifests of these servers to be compiled; the loop wakes at commit. */
  async wantManifests(serverUids: readonly string[]): Promise<void> {
    await execute(
      `insert into manifest_wanted (server_uid, wanted_at)
       select uid, clock_timestamp() from (select distinct uid from unnest($1::uuid[]) as n (uid) order by uid) as servers
       on conflict (server_uid) do update set wanted_at = excluded.wanted_at`,
      [serverUids],
    );
  }
}
