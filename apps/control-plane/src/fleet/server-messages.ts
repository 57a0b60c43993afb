import { create, fromBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  CapabilitySchema,
  ForeignSiteSchema,
  type Server,
  ServerFactsSchema,
  ServerReportSchema,
  ServerSchema,
} from '@ostler/contracts';
import type { ServerRow } from './server.repository';

/** What people see of a server. `seenAt` is fresher than the row, which is written once a minute. */
export function toServer(row: ServerRow, revision: bigint, seenAt: Date | undefined): Server {
  const lastSeenAt = seenAt ?? row.last_seen_at;
  return create(ServerSchema, {
    uid: row.uid,
    name: row.name,
    displayName: row.display_name,
    labels: row.labels,
    state: row.state,
    stateSince: timestampFromDate(row.state_since),
    lastSeenAt: lastSeenAt ? timestampFromDate(lastSeenAt) : undefined,
    agentVersion: row.agent_version,
    featureLevel: row.feature_level,
    placements: row.placements,
    placementsReady: row.placements_ready,
    revision,
    storedRevision: row.stored_revision,
    joinedAt: timestampFromDate(row.joined_at),
    clockSkewMs: row.clock_skew_ms,
    resourceVersion: row.resource_version,
    ...reported(row.report),
  });
}

function reported(bytes: Buffer | null) {
  if (!bytes) return {};
  const report = fromBinary(ServerReportSchema, bytes);
  const { hostname, os, kernel, architecture, cpus, memoryBytes, addresses } = report;
  const { nginxVersion, systemdVersion, httpPort, httpsPort, bootedAt } = report;
  const facts = { hostname, os, kernel, architecture, cpus, memoryBytes, addresses };
  return {
    capabilities: report.capabilities.map(({ name, available, detail }) =>
      create(CapabilitySchema, { name, available, detail }),
    ),
    facts: create(ServerFactsSchema, {
      ...facts,
      nginxVersion,
      systemdVersion,
      httpPort,
      httpsPort,
      bootedAt,
    }),
    foreignSites: report.foreignSites.map(({ serverNames, listens, file, line }) =>
      create(ForeignSiteSchema, { serverNames, listens, file, line }),
    ),
  };
}
