import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type ChangeCause,
  ChangeCauseSchema,
  ChangeCausesSchema,
  ManifestIndexSchema,
} from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { prepared, query } from '../platform/db';
import type { ManifestRow, NewManifest } from './manifest.repository';

/** A manifest whose bytes are others than before. */
export type Recompiled = Omit<NewManifest, 'causes'>;

interface CauseRow {
  readonly uid: string;
  readonly generation: bigint;
  readonly requestId: string;
  readonly traceparent: string;
}

interface Changed {
  readonly serverUid: string;
  readonly uid: string;
  readonly generation: bigint;
}

/** More would be read by nobody: an Apply of 500 resources is one call. */
const MOST_CAUSES = 64;
const DONE = 1;

const causesSql = prepared(
  `select distinct on (n.uid, n.generation) n.uid, n.generation, a.request_id as "requestId", a.traceparent
   from unnest($1::uuid[], $2::bigint[]) as n (uid, generation)
   join audit_entry a on a.resource_uid = n.uid and a.generation = n.generation and a.outcome = ${DONE}
   where a.traceparent <> '' order by n.uid, n.generation, a.uid desc`,
);

/** Finds the calls that led to a manifest: they go with its offer, so that the agent's log names them. */
@Injectable()
export class ChangeCauses {
  /** Within the unit of work that stores the manifests. `before` are those that they replace. */
  async addTo(
    recompiled: readonly Recompiled[],
    before: ReadonlyMap<string, ManifestRow>,
  ): Promise<NewManifest[]> {
    const changed = recompiled.flatMap((one) => changesOf(one, before.get(one.serverUid)));
    const found = await this.find(changed);
    const byServer = Map.groupBy(changed, ({ serverUid }) => serverUid);
    return recompiled.map((one) => {
      const causes = (byServer.get(one.serverUid) ?? []).flatMap((change) => found.get(keyOf(change)) ?? []);
      return { ...one, causes: toBinary(ChangeCausesSchema, create(ChangeCausesSchema, { causes })) };
    });
  }

  private async find(changed: readonly Changed[]): Promise<Map<string, ChangeCause>> {
    const distinct = [...new Map(changed.map((change) => [keyOf(change), change])).values()];
    if (distinct.length === 0) return new Map();
    const rows = await query<CauseRow>(causesSql, [
      distinct.map(({ uid }) => uid),
      distinct.map(({ generation }) => generation),
    ]);
    return new Map(rows.map((row) => [keyOf(row), create(ChangeCauseSchema, { ...row })]));
  }
}

const keyOf = ({ uid, generation }: Pick<Changed, 'uid' | 'generation'>): string => `${uid} ${generation}`;

/** What came, changed or is to go. */
function changesOf({ serverUid, manifest }: Recompiled, before: ManifestRow | undefined): Changed[] {
  const index = before && fromBinary(ManifestIndexSchema, before.index);
  const generations = new Map(index?.entries.map(({ uid, generation }) => [uid, generation]));
  const going = new Set(index?.tombstones.map(({ uid }) => uid));
  const entries = manifest.entries.map(({ entry }) => entry);
  return [
    ...entries.filter(({ uid, generation }) => generations.get(uid) !== generation),
    ...manifest.tombstones.filter(({ uid }) => !going.has(uid)),
  ]
    .slice(0, MOST_CAUSES)
    .map(({ uid, generation }) => ({ serverUid, uid, generation }));
}
