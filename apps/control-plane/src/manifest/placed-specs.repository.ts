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
  readonly edges: { readonly kind: Kind; readonly name: string; readonly uid: string }[] | null;
}

const columns = `p.server_uid as "serverUid", r.uid, r.tenant_uid as "tenantUid", r.kind, r.name, r.generation, p.removing,
  r.spec, r.spec_schema as "specSchema",
  (select json_agg(json_build_object('kind', t.kind, 'name', t.name, 'uid', t.uid))
   from reference f join resource t on t.uid = f.to_uid where f.from_uid = r.uid) as edges`;

/** Specs as they are placed, with their references resolved: in one statement, so as they were at one moment. */
@Injectable()
export class PlacedSpecsRepository {
  /** Everything that these servers should have or let go of, by server. */
  async onServers(serverUids: readonly string[]): Promise<Map<string, PlacedSpec[]>> {
    const rows = await query<Row>(
      `select ${columns} from placement p join resource r on r.uid = p.resource_uid where p.server_uid = any ($1)`,
      [serverUids],
    );
    return Map.groupBy(rows.map(withSpec), (_spec, index) => rows[index]!.serverUid);
  }

  /** These resources and what they reference, by server. */
  async ofResources(resourceUids: readonly string[]): Promise<Map<string, PlacedSpec[]>> {
    const rows = await query<Row>(
      `select ${columns} from placement p join resource r on r.uid = p.resource_uid
       where r.uid = any ($1) or r.uid in (select to_uid from reference where from_uid = any ($1))
       order by p.server_uid`,
      [resourceUids],
    );
    return Map.groupBy(rows.map(withSpec), (_spec, index) => rows[index]!.serverUid);
  }
}

/** The spec is decoded when it is asked for: most were compiled before. */
function withSpec(row: Row): PlacedSpec {
  const { uid, tenantUid, kind, name, generation, removing, edges } = row;
  return {
    uid,
    tenantUid,
    kind,
    name,
    generation,
    removing,
    edges: edges ?? [],
    get spec() {
      return loadSpec(kind, row);
    },
  };
}
