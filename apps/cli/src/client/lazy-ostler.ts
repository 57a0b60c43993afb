import type { Transport } from '@connectrpc/connect';
import type { Ostler } from '@ostler/sdk';
import { lazyClient } from './lazy-client';

/** The client of the SDK with every service loaded when it is first called. */
export function lazyOstler(transport: () => Promise<Transport>): Ostler {
  return {
    resources: lazyClient(async () => (await import('./services/resource')).ResourceService, transport, [
      'watch',
    ]),
    fleet: lazyClient(async () => (await import('./services/fleet')).FleetService, transport),
    agentUpdates: lazyClient(
      async () => (await import('./services/agent-update')).AgentUpdateService,
      transport,
    ),
    operations: lazyClient(async () => (await import('./services/operation')).OperationService, transport, [
      'readOutput',
    ]),
    identity: lazyClient(async () => (await import('./services/identity')).IdentityService, transport),
    audit: lazyClient(async () => (await import('./services/audit')).AuditService, transport),
    live: lazyClient(async () => (await import('./services/live')).LiveService, transport, ['watch']),
    limits: lazyClient(async () => (await import('./services/limit')).LimitService, transport),
    releases: lazyClient(async () => (await import('./services/release')).ReleaseService, transport),
  };
}
