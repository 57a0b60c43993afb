import { create, fromBinary } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  PlacementReportSchema, type PlacementStatus, PlacementStatusSchema,
  type Resource, ResourceSchema, type ResourceStatus, ResourceStatusSchema,
} from '@ostler/contracts'; // prettier-ignore

import { type PlacementCounts, rollUpRaised, rollUpReady } from '../status/roll-up';
import type { PlacementRow } from '../status/status.repository';
import type { ReadRow } from '../store/resource-row';
import { loadSpec, requireModel, specCaseOf } from '../store/stored-spec';

const NOWHERE: PlacementCounts = { placements: 0, ready: 0, away: 0, awayReady: 0, removing: 0 };

/**
 * `stored` passes on the bytes of specs as they are, for answers in binary: the stored form is that of the
 * wire, and nothing in between reads the specs. `decoded` is for everything else.
 */
export type SpecForm = 'decoded' | 'stored';

/** A stored resource as it is read: specs with references to secrets, and the status rolled up. */
export function encodeResource(
  row: ReadRow,
  status: ResourceStatus | undefined,
  form: SpecForm = 'decoded',
): Resource {
  const resource = create(ResourceSchema, {
    meta: {
      uid: row.uid,
      kind: row.kind,
      name: row.name,
      displayName: row.displayName,
      tenant: row.tenant,
      labels: row.labels,
      generation: row.generation,
      resourceVersion: row.resourceVersion,
      createdAt: timestampFromDate(row.createdAt),
      updatedAt: timestampFromDate(row.updatedAt),
      deletedAt: row.deletedAt ? timestampFromDate(row.deletedAt) : undefined,
    },
    status,
  });
  if (form === 'stored' && isOfToday(row)) resource.$unknown = [storedSpec(row)];
  else resource.spec = specCaseOf(row.kind, loadSpec(row.kind, row));
  return resource;
}

/** Specs of an earlier schema are upgraded, so they must be opened. */
function isOfToday({ kind, specSchema }: ReadRow): boolean {
  return specSchema === requireModel(kind).schemaVersion;
}

/** Fields that are not known are written as they are; whoever reads knows this one. */
function storedSpec({ kind, spec }: ReadRow) {
  const { specCase } = requireModel(kind);
  const field = ResourceSchema.fields.find(({ localName }) => localName === specCase);
  if (!field) throw new Error(`Resource has no spec ${specCase}`);
  return { no: field.number, wireType: WireType.LengthDelimited, data: withLength(spec) };
}

/** Behind their length, seven bits to a byte, the lowest first. */
function withLength(bytes: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let left = bytes.length; ; left >>>= 7) {
    if (left < 0x80) return Buffer.concat([Uint8Array.of(...length, left), bytes]);
    length.push((left & 0x7f) | 0x80);
  }
}

export function encodeStatus(
  row: ReadRow,
  counts: PlacementCounts = NOWHERE,
  placements: readonly PlacementRow[] = [],
): ResourceStatus {
  return create(ResourceStatusSchema, {
    conditions: [rollUpReady(row, counts), ...rollUpRaised(row, counts)],
    placements: counts.placements,
    placementsReady: counts.ready,
    placementStatuses: placements.map(encodePlacement),
  });
}

/** While the server is not connected these are the conditions that it said last, marked as stale. */
function encodePlacement(row: PlacementRow): PlacementStatus {
  const report = row.report ? fromBinary(PlacementReportSchema, row.report) : undefined;
  return create(PlacementStatusSchema, {
    serverUid: row.serverUid,
    serverName: row.serverName,
    observedGeneration: report?.observedGeneration,
    observedEpoch: report?.observedEpoch,
    conditions: report?.conditions,
    reportedAt: report?.reportedAt,
    stale: !row.connected,
    removing: row.removing,
    drift: report?.drift,
    detail: report?.detail,
  });
}
