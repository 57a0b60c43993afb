import { create, fromBinary } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  CapabilitySchema,
  DiskSchema,
  ForeignSiteSchema,
  type Hold,
  HoldSchema,
  Kind,
  LocalPolicySchema,
  OrphanedResourceSchema,
  type Server,
  Server_State,
  ServerFactsSchema,
  type ServerReport,
  ServerReportSchema,
  ServerSchema,
} from '@ostler/contracts';
import type { ServerRow } from './server.repository';

/** What people see of a server. `seenAt` is fresher than the row, which is written once a minute. */
export function toServer(row: ServerRow, revision: bigint, seenAt: Date | undefined): Server {
  return create(ServerSchema, {
    uid: row.uid,
    name: row.name,
    displayName: row.display_name,
    labels: row.labels,
    // Whatever its lanes did since: it is not let in.
    state: row.revoked_at ? Server_State.REVOKED : row.state,
    stateSince: timestampFromDate(row.revoked_at ?? row.state_since),
    lastSeenAt: timestampOf(seenAt ?? row.last_seen_at),
    agentVersion: row.agent_version,
    featureLevel: row.feature_level,
    placements: row.placements,
    placementsReady: row.placements_ready,
    revision,
    storedRevision: row.stored_revision,
    joinedAt: timestampFromDate(row.joined_at),
    clockSkewMs: row.clock_skew_ms,
    resourceVersion: row.resource_version,
    ...trusted(row),
    ...reported(row.report),
  });
}

function trusted(row: ServerRow) {
  return {
    hold: holdOf(row),
    orphans: row.orphans.map(({ uid, kind, name, generation }) =>
      create(OrphanedResourceSchema, { uid, kind: Kind[kind] ?? '', name, generation: BigInt(generation) }),
    ),
    revokedAt: timestampOf(row.revoked_at),
    lastDisconnect: row.last_disconnect,
    lastDisconnectAt: timestampOf(row.last_disconnect_at),
    certificateExpiresAt: timestampOf(row.certificate_expires_at),
  };
}

function holdOf(row: ServerRow): Hold | undefined {
  if (row.hold_cause === null) return undefined;
  return create(HoldSchema, {
    cause: row.hold_cause,
    message: row.hold_message,
    since: timestampOf(row.hold_since),
    counterSeen: row.hold_counter,
    counterExpected: row.hello_counter,
  });
}

function reported(bytes: Buffer | null) {
  if (!bytes) return {};
  const report = fromBinary(ServerReportSchema, bytes);
  return {
    capabilities: report.capabilities.map(({ name, available, detail }) =>
      create(CapabilitySchema, { name, available, detail }),
    ),
    facts: factsOf(report),
    localPolicy: policyOf(report),
    foreignSites: report.foreignSites.map(({ serverNames, listens, file, line }) =>
      create(ForeignSiteSchema, { serverNames, listens, file, line }),
    ),
  };
}

function factsOf(report: ServerReport) {
  const { hostname, os, kernel, architecture, cpus, cpuModel, memoryBytes, addresses, bootedAt } = report;
  const { nginxVersion, systemdVersion, dockerVersion, httpPort, httpsPort } = report;
  const disks = report.disks.map(({ mountPoint, fileSystem, sizeBytes, freeBytes }) =>
    create(DiskSchema, { mountPoint, fileSystem, sizeBytes, freeBytes }),
  );
  const machine = { hostname, os, kernel, architecture, cpus, cpuModel, memoryBytes, addresses, bootedAt };
  const programs = { nginxVersion, systemdVersion, dockerVersion, httpPort, httpsPort };
  return create(ServerFactsSchema, { ...machine, ...programs, disks });
}

/** Undefined for an agent that does not know of such a file. */
function policyOf({ localPolicy: policy }: ServerReport) {
  if (!policy) return undefined;
  const { path, present, problem, allowedRoots, packageInstalls, exec, selfUpdate, kinds } = policy;
  return create(LocalPolicySchema, {
    path,
    present,
    problem,
    allowedRoots,
    packageInstalls,
    exec,
    selfUpdate,
    kinds,
  });
}

function timestampOf(date: Date | null | undefined): Timestamp | undefined {
  return date ? timestampFromDate(date) : undefined;
}
