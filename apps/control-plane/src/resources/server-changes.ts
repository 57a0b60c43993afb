import { Injectable } from '@nestjs/common';

import { query, queryOne, UnitOfWork, Wake } from '../platform/db';
import { serversWith } from './admission/placements.admit';
import { OrderOfChanges } from './store/order-of-changes';
import { PlacementRepository } from './store/placement.repository';
import { ResourceRepository } from './store/resource.repository';
import type { ResourceRow } from './store/resource-row';
import { kindEngine } from './kinds';
import { loadSpec } from './store/stored-spec';

/** What the fleet tells the engine about servers. Each call joins the unit of work of its caller. */
@Injectable()
export class ServerChanges {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly resources: ResourceRepository,
    private readonly placements: PlacementRepository,
  ) {}

  /** A server joined, or its labels changed: resources that name it or its labels come and go. */
  placementsChanged(serverUid: string): Promise<void> {
    return this.change(serverUid, async ({ tenantUid, name }) => {
      const rows = await query<{ uid: string }>(
        'select uid from resource where tenant_uid = $1 and deleted_at is null',
        [tenantUid],
      );
      const moved = new Set<string>();
      const affected: string[] = [];
      for (const row of await this.resources.findByUids(rows.map(({ uid }) => uid))) {
        const uids = await serversFor(row, { uid: serverUid, name });
        if (!uids) continue;
        const touched = await this.placements.setServers(row.uid, row.tenantUid, row.generation, uids);
        if (touched.length > 0) affected.push(row.uid);
        for (const uid of touched) moved.add(uid);
      }
      affected.push(...(await this.follow(affected, moved)));
      await this.placements.wantManifests([...moved]);
      if (moved.size > 0) this.wake.notify('manifests-wanted');
      return affected;
    });
  }

  /** A server came or went: what runs there is Ready or Unknown now, so its watchers hear of it. */
  connectionChanged(serverUid: string): Promise<void> {
    return this.connectionsChanged([serverUid], (uids) => Promise.resolve(uids));
  }

  /**
   * The same for many at once: what runs on all of them is told once. `write` is given those of one tenant, with
   * the order of its changes locked, and answers which of them did come or go.
   */
  connectionsChanged(
    serverUids: readonly string[],
    write: (serverUids: readonly string[]) => Promise<readonly string[]>,
  ): Promise<void> {
    return this.unitOfWork.asSystem('resource-loop', async () => {
      const servers = await query<{ uid: string; tenantUid: string }>(
        'select uid, tenant_uid as "tenantUid" from server where uid = any ($1)',
        [serverUids],
      );
      const byTenant = Map.groupBy(servers, ({ tenantUid }) => tenantUid);
      // In one order, so that two processes never wait for each other.
      for (const tenantUid of [...byTenant.keys()].toSorted()) {
        const order = await OrderOfChanges.lock(this.unitOfWork, tenantUid);
        const affected = await this.placedOn(await write(byTenant.get(tenantUid)!.map(({ uid }) => uid)));
        await this.resources.touch(affected, order.take(affected.length));
        await order.save();
        if (affected.length > 0) this.wake.notify('resources');
      }
    });
  }

  /** A server was removed by force: its placements and tombstones end here, whatever it still serves. */
  removed(serverUid: string): Promise<void> {
    return this.change(serverUid, async (_server, order) => {
      const affected = await this.placedOn([serverUid]);
      await query('delete from placement where server_uid = $1', [serverUid]);
      await query('delete from manifest_wanted where server_uid = $1', [serverUid]);
      const gone = await query<{ uid: string }>(
        `select uid from resource where uid = any ($1) and deleted_at is not null
           and not exists (select from placement p where p.resource_uid = resource.uid)`,
        [affected],
      );
      const uids = new Set(gone.map(({ uid }) => uid));
      for (const row of await this.resources.findByUids([...uids]))
        await this.resources.remove(row, order.next());
      return affected.filter((uid) => !uids.has(uid));
    });
  }

  /** Certificates and the like go where what references them goes. */
  private async follow(changed: readonly string[], moved: Set<string>): Promise<string[]> {
    const referenced = await query<{ uid: string }>(
      'select distinct to_uid as uid from reference where from_uid = any ($1)',
      [changed],
    );
    const rows = await this.resources.findByUids(referenced.map(({ uid }) => uid));
    const followed = await this.placements.follow(rows);
    for (const uid of followed.touched) moved.add(uid);
    return followed.moved;
  }

  private async placedOn(serverUids: readonly string[]): Promise<string[]> {
    const rows = await query<{ uid: string }>(
      'select distinct resource_uid as uid from placement where server_uid = any ($1)',
      [serverUids],
    );
    return rows.map(({ uid }) => uid);
  }

  private change(
    serverUid: string,
    work: (server: { tenantUid: string; name: string }, order: OrderOfChanges) => Promise<readonly string[]>,
  ): Promise<void> {
    return this.unitOfWork.asSystem('resource-loop', async () => {
      const server = await queryOne<{ tenantUid: string; name: string }>(
        'select tenant_uid as "tenantUid", name from server where uid = $1',
        [serverUid],
      );
      if (!server) return;
      const order = await OrderOfChanges.lock(this.unitOfWork, server.tenantUid);
      const affected = await work(server, order);
      await this.resources.touch(affected, order.take(affected.length));
      await order.save();
      this.wake.notify('resources');
    });
  }
}

/**
 * Where a resource belongs now; undefined when this server has no part in it. A server that is joined again
 * under its name gets what named it: only resources of its own tenant, because a name means another server
 * elsewhere.
 */
async function serversFor(
  row: ResourceRow,
  server: { uid: string; name: string },
): Promise<string[] | undefined> {
  const placement = kindEngine(row.kind).model.placement(loadSpec(row.kind, row));
  if (!placement) return undefined;
  if (placement.server !== '') return placement.server === server.name ? [server.uid] : undefined;
  const servers = await serversWith(row.tenantUid, placement.selector);
  return servers.map(({ uid }) => uid);
}
