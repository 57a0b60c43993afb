import { create, fromBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  PlacementReportSchema, type PlacementStatus, PlacementStatusSchema,
  type Resource, ResourceSchema, type ResourceStatus, ResourceStatusSchema,
} from '@ostler/contracts'; // prettier-ignore

import { type PlacementCounts, rollUpRaised, rollUpReady } from '../status/roll-up';
import type { PlacementRow } from '../status/status.repository';
import type { ResourceRow } from '../store/resource-row';
import { loadSpec, specCaseOf } from '../store/stored-spec';

const NOWHERE: PlacementCounts = { placements: 0, ready: 0, away: 0, awayReady: 0, removing: 0 };

/** A stored resource as it is read: specs with references to secrets, and the status rolled up. */
export function encodeResource(row: ResourceRow, status: ResourceStatus | undefined): Resource {
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
    spec: specCaseOf(row.kind, loadSpec(row.kind, row)),
    status,
  });
}

export function encodeStatus(
  row: ResourceRow,
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
