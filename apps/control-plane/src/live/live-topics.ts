import { Injectable } from '@nestjs/common';
import {
  AuditEntrySchema,
  LiveWatchRequest_Topic as Topic,
  OperationSchema,
  Permission,
  RolloutSchema,
} from '@ostler/contracts';

import { RolloutService } from '../agent-updates';
import { AuditTrail } from '../audit';
import { FleetService, toWaitingServer, WaitingRoom } from '../fleet';
import { OperationsService } from '../operations';
import { ResourceChanges } from '../resources';
import type { LiveSource } from './live-source';
import { newestSource } from './newest-source';
import { versionSource } from './version-source';

/** The topics that can be watched, each with who may. */
@Injectable()
export class LiveTopics {
  private readonly sources: readonly LiveSource[];

  constructor(
    resources: ResourceChanges,
    fleet: FleetService,
    operations: OperationsService,
    trail: AuditTrail,
    waitingRoom: WaitingRoom,
    rollouts: RolloutService,
  ) {
    this.sources = [
      resourceSource(resources),
      serverSource(fleet),
      waitingSource(waitingRoom),
      newestSource({
        topic: Topic.OPERATIONS,
        permission: Permission.OPERATIONS_READ,
        word: 'operations',
        schema: OperationSchema,
        newest: (tenantUids, limit) => operations.newest(tenantUids, limit),
        uidOf: ({ uid }) => uid,
        event: (value) => ({ case: 'operationChanged', value }),
      }),
      newestSource({
        topic: Topic.AUDIT,
        permission: Permission.AUDIT_READ,
        word: 'audit',
        schema: AuditEntrySchema,
        newest: (tenantUids, limit) => trail.newest(tenantUids, limit),
        uidOf: ({ uid }) => uid,
        event: (value) => ({ case: 'auditEntry', value }),
      }),
      newestSource({
        topic: Topic.ROLLOUTS,
        permission: Permission.SERVERS_READ,
        word: 'rollouts',
        schema: RolloutSchema,
        newest: (tenantUids, limit) => rollouts.newest(tenantUids, limit),
        uidOf: ({ uid }) => uid,
        event: (value) => ({ case: 'rolloutChanged', value }),
      }),
    ];
  }

  /** Of the wished topics those that the caller may read, and the others. */
  allowed(wished: readonly Topic[], permissions: ReadonlySet<Permission>) {
    const sources = this.sources.filter(
      ({ topic, permission }) => wished.includes(topic) && permissions.has(permission),
    );
    const leftOut = wished.filter((topic) => !sources.some((source) => source.topic === topic));
    return { sources, leftOut };
  }
}

function resourceSource(resources: ResourceChanges): LiveSource {
  return versionSource({
    topic: Topic.RESOURCES,
    permission: Permission.RESOURCES_READ,
    word: 'resources',
    changesSince: (tenantUids, since) => resources.changesSince(tenantUids, since),
    changed: (value) => ({ key: value.meta?.uid ?? '', event: { case: 'resourceChanged', value } }),
    removed: (uid) => ({ key: uid, event: { case: 'resourceRemoved', value: uid } }),
  });
}

function serverSource(fleet: FleetService): LiveSource {
  return versionSource({
    topic: Topic.SERVERS,
    permission: Permission.SERVERS_READ,
    word: 'servers',
    changesSince: (tenantUids, since) => fleet.changesSince(tenantUids, since),
    changed: (value) => ({ key: value.uid, event: { case: 'serverChanged', value } }),
    removed: (uid) => ({ key: uid, event: { case: 'serverRemoved', value: uid } }),
  });
}

function waitingSource(room: WaitingRoom): LiveSource {
  return versionSource({
    topic: Topic.WAITING_SERVERS,
    permission: Permission.SERVERS_READ,
    word: 'waiting-servers',
    changesSince: (tenantUids, since) => room.changesSince(tenantUids, since),
    changed: (row) => ({
      key: row.uid,
      event: { case: 'waitingServerChanged', value: toWaitingServer(row) },
    }),
    removed: (uid) => ({ key: uid, event: { case: 'waitingServerRemoved', value: uid } }),
  });
}
