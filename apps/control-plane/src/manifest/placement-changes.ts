import type { Kind } from '@ostler/contracts';
import { specToYaml } from '@ostler/resource-model';
import { Injectable } from '@nestjs/common';

import { query } from '../platform/db';
import { loadSpec, specCaseOf } from '../resources';

/** What the transaction under way has made of one resource on one server. */
export interface PlacementChange {
  /** The server did not have it before. */
  readonly isNew: boolean;
  /** Its spec as it was before, as YAML; undefined when this transaction has not changed it. */
  readonly beforeYaml: string | undefined;
}

interface Row {
  readonly serverUid: string;
  readonly uid: string;
  readonly kind: Kind;
  readonly isNew: boolean;
  readonly spec: Buffer | null;
  readonly specSchema: number | null;
}

/** Compares what a transaction has written with what was there before it. `now()` is when it began. */
@Injectable()
export class PlacementChanges {
  /** By server and resource. */
  async of(resourceUids: readonly string[]): Promise<Map<string, PlacementChange>> {
    const rows = await query<Row>(
      `select p.server_uid as "serverUid", r.uid, r.kind, p.created_at = now() as "isNew", b.spec,
         b.spec_schema as "specSchema"
       from placement p join resource r on r.uid = p.resource_uid
       left join revision w on w.resource_uid = r.uid and w.generation = r.generation and w.created_at = now()
       left join revision b on b.resource_uid = r.uid and b.generation = w.generation - 1
       where r.uid = any ($1)`,
      [resourceUids],
    );
    return new Map(rows.map((row) => [placeOf(row.serverUid, row.uid), changeOf(row)]));
  }
}

export const placeOf = (serverUid: string, resourceUid: string): string => `${serverUid} ${resourceUid}`;

function changeOf({ kind, isNew, spec, specSchema }: Row): PlacementChange {
  const before = spec && loadSpec(kind, { spec, specSchema: specSchema! });
  return { isNew, beforeYaml: before ? specToYaml(specCaseOf(kind, before)) : undefined };
}
