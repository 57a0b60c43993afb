import type { HeldResource, Kind } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { execute, query } from '../platform/db';

/** What a server is to let go of although no placement of it is known. */
export interface DiscardedOrphan {
  readonly uid: string;
  readonly kind: Kind;
  readonly name: string;
  readonly generation: bigint;
}

/** A resource of which the server holds a later generation than is known here. */
export interface SetBack {
  readonly uid: string;
  readonly name: string;
  readonly heldGeneration: bigint;
  readonly generation: bigint;
}

/** Table `orphaned_resource`: what servers hold and this control plane does not know. */
@Injectable()
export class OrphanRepository {
  /** Makes the orphans of a server those of its report; returns the names of all that there are now. */
  async replace(serverUid: string, held: readonly HeldResource[]): Promise<string[]> {
    const rows = await query<{ uid: string; name: string }>(
      `insert into orphaned_resource as o (server_uid, uid, tenant_uid, kind, name, generation)
       select $1, h.uid, s.tenant_uid, h.kind, h.name, h.generation
       from unnest($2::uuid[], $3::smallint[], $4::text[], $5::bigint[]) as h (uid, kind, name, generation)
       join server s on s.uid = $1
       where not exists (select from placement p where p.server_uid = $1 and p.resource_uid = h.uid)
       on conflict (server_uid, uid) do update set generation = excluded.generation, reported_at = now()
       returning uid, name`,
      [serverUid, ...columnsOf(held)],
    );
    await execute('delete from orphaned_resource where server_uid = $1 and uid <> all ($2::uuid[])', [
      serverUid,
      rows.map(({ uid }) => uid),
    ]);
    return rows.map(({ name }) => name);
  }

  /** What the server held later generations of than are placed there now. */
  setBack(serverUid: string, held: readonly HeldResource[]): Promise<SetBack[]> {
    return query<SetBack>(
      `select r.uid, r.name, h.generation as "heldGeneration", r.generation
       from unnest($2::uuid[], $3::smallint[], $4::text[], $5::bigint[]) as h (uid, kind, name, generation)
       join placement p on p.server_uid = $1 and p.resource_uid = h.uid and not p.removing
       join resource r on r.uid = h.uid
       where h.generation > r.generation order by r.name`,
      [serverUid, ...columnsOf(held)],
    );
  }

  /** Those that an operator wants removed, by server. */
  async discarded(serverUids: readonly string[]): Promise<Map<string, DiscardedOrphan[]>> {
    const rows = await query<DiscardedOrphan & { serverUid: string }>(
      `select server_uid as "serverUid", uid, kind, name, generation from orphaned_resource
       where server_uid = any ($1) and discard_wanted_at is not null order by uid`,
      [serverUids],
    );
    return Map.groupBy(rows, ({ serverUid }) => serverUid);
  }

  /** Returns the names of those that there are. */
  async discard(serverUid: string, uids: readonly string[]): Promise<string[]> {
    const rows = await query<{ name: string }>(
      `update orphaned_resource set discard_wanted_at = coalesce(discard_wanted_at, now())
       where server_uid = $1 and uid = any ($2) returning name`,
      [serverUid, uids],
    );
    return rows.map(({ name }) => name);
  }

  /** The server has let go of these; only where an operator had asked for it. */
  removed(serverUid: string, uids: readonly string[]): Promise<number> {
    return execute(
      'delete from orphaned_resource where server_uid = $1 and uid = any ($2) and discard_wanted_at is not null',
      [serverUid, uids],
    );
  }

  /** The server's row tells of its orphans: watches see that it changed. */
  async touchServer(serverUid: string): Promise<void> {
    await execute('update server set resource_version = txid_current() where uid = $1', [serverUid]);
  }
}

function columnsOf(held: readonly HeldResource[]): unknown[] {
  return [
    held.map(({ uid }) => uid),
    held.map(({ kind }) => kind),
    held.map(({ name }) => name),
    held.map(({ generation }) => generation),
  ];
}
