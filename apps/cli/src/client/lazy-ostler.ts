import type { Ostler } from '@ostler/sdk';
import type { Connection } from './connection';
import { lazyClient } from './lazy-client';

/** The client of the SDK with every service loaded when it is first called. */
export function lazyOstler(connection: Connection): Ostler {
  return {
    resources: lazyClient(async () => (await import('./services/resource')).ResourceService, connection, [
      'watch',
    ]),
    fleet: lazyClient(async () => (await import('./services/fleet')).FleetService, connection),
    agentUpdates: lazyClient(
      async () => (await import('./services/agent-update')).AgentUpdateService,
      connection,
    ),
    operations: lazyClient(async () => (await import('./services/operation')).OperationService, connection, [
      'readOutput',
    ]),
    identity: lazyClient(async () => (await import('./services/identity')).IdentityService, connection),
    audit: lazyClient(async () => (await import('./services/audit')).AuditService, connection),
    live: lazyClient(async () => (await import('./services/live')).LiveService, connection, ['watch']),
    limits: lazyClient(async () => (await import('./services/limit')).LimitService, connection),
    releases: lazyClient(async () => (await import('./services/release')).ReleaseService, connection),
  };
}
