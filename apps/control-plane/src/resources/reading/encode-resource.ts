import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type Kind, PlacementReportSchema, type PlacementStatus, PlacementStatusSchema,
  type Resource, ResourceSchema, type ResourceStatus, ResourceStatusSchema,
} from '@ostler/contracts'; // prettier-ignore

import { type PlacementCounts, rollUpRaised, rollUpReady } from '../status/roll-up';
import type { PlacementRow } from '../status/status.repository';
import type { ReadRow } from '../store/resource-row';
import { loadSpec, requireModel, specCaseOf } from '../store/stored-spec';
import { passedOn, withLength } from './passed-on';

const NOWHERE: PlacementCounts = { placements: 0, ready: 0, away: 0, awayReady: 0, removing: 0 };

/** A stored resource as it is read: specs with references to secrets, and the status rolled up. */
export function encodeResource(row: ReadRow, status: ResourceStatus | undefined): Resource {
  const resource = withoutSpec(row, status);
  resource.spec = specCaseOf(row.kind, loadSpec(row.kind, row));
  return resource;
}

/**
 * The same in bytes behind their length, as a field of an answer. The stored form of a spec is that of the
 * wire: nothing in between reads it.
 */
export function resourceBytes(row: ReadRow, status: ResourceStatus): Uint8Array {
  if (!isOfToday(row)) return withLength(toBinary(ResourceSchema, encodeResource(row, status)));
  const resource = withoutSpec(row, status);
  resource.$unknown = [specField(row.kind)(withLength(row.spec))];
  return withLength(toBinary(ResourceSchema, resource));
}

function withoutSpec(row: ReadRow, status: ResourceStatus | undefined): Resource {
  return create(ResourceSchema, {
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
}

/** Specs of an earlier schema are upgraded, so they must be opened. */
function isOfToday({ kind, specSchema }: ReadRow): boolean {
  return specSchema === requireModel(kind).schemaVersion;
}

const specField = (kind: Kind) => passedOn(ResourceSchema, requireModel(kind).specCase);

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
