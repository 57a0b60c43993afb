import type { Kind } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { query } from '../platform/db';
import { loadSpec } from '../resources';
import type { PlacedSpec } from './server-manifest.compile';

interface Row {
  readonly serverUid: string;
  readonly uid: string;
  readonly tenantUid: string;
  readonly kind: Kind;
  readonly name: string;
  readonly generation: bigint;
  readonly removing: boolean;
  readonly spec: Buffer;
  readonly specSchema: number;
}

interface EdgeRow {
  readonly fromUid: string;
  readonly uid: string;
  readonly kind: Kind;
  readonly name: string;
}

const columns = `p.server_uid as "serverUid", r.uid, r.tenant_uid as "tenantUid", r.kind, r.name, r.generation, p.removing,
  r.spec, r.spec_schema as "specSchema"`;

/** Specs as they are placed, with their references resolved. */
@Injectable()
export class PlacedSpecsRepository {
  /** Everything that a server should have or let go of. */
  async onServer(serverUid: string): Promise<PlacedSpec[]> {
    const rows = await query<Row>(
      `select ${columns} from placement p join resource r on r.uid = p.resource_uid where p.server_uid = $1`,
      [serverUid],
    );
    return withEdges(rows);
  }

  /** These resources and what they reference, by server. */
  async ofResources(resourceUids: readonly string[]): Promise<Map<string, PlacedSpec[]>> {
    const rows = await query<Row>(
      `select ${columns} from placement p join resource r on r.uid = p.resource_uid
       where r.uid = any ($1) or r.uid in (select to_uid from reference where from_uid = any ($1))
       order by p.server_uid`,
      [resourceUids],
    );
    const placed = await withEdges(rows);
    return Map.groupBy(placed, (_spec, index) => rows[index]!.serverUid);
  }
}

async function withEdges(rows: readonly Row[]): Promise<PlacedSpec[]> {
  const edges = await query<EdgeRow>(
    `select f.from_uid as "fromUid", r.uid, r.kind, r.name from reference f join resource r on r.uid = f.to_uid
     where f.from_uid = any ($1)`,
    [[...new Set(rows.map(({ uid }) => uid))]],
  );
  const byResource = Map.groupBy(edges, ({ fromUid }) => fromUid);
  return rows.map((row) => ({
    ...row,
    spec: loadSpec(row.kind, row),
    edges: (byResource.get(row.uid) ?? []).map(({ kind, name, uid }) => ({ kind, name, uid })),
  }));
}
