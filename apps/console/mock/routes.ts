import type { ConnectRouter } from '@connectrpc/connect';
import {
  AgentUpdateService,
  AuditService,
  FleetService,
  IdentityService,
  LimitService,
  LiveService,
  OperationService,
  ReleaseService,
  ResourceService,
} from '@ostler/contracts';
import { agentUpdateService } from './services/agent-update';
import { auditService } from './services/audit';
import { fleetService } from './services/fleet';
import { identityService } from './services/identity';
import { limitService } from './services/limit';
import { liveService } from './services/live';
import { operationService } from './services/operation';
import { releaseService } from './services/release';
import { resourceService } from './services/resource';
import type { World } from './world';

/** Every service of the API, answered from a world in memory. */
export function mockRoutes(world: World): (router: ConnectRouter) => void {
  return (router) => {
    router.service(IdentityService, identityService(world));
    router.service(AgentUpdateService, agentUpdateService(world));
    router.service(FleetService, fleetService(world));
    router.service(ResourceService, resourceService(world));
    router.service(OperationService, operationService(world));
    router.service(AuditService, auditService(world));
    router.service(LimitService, limitService());
    router.service(LiveService, liveService(world));
    router.service(ReleaseService, releaseService(world));
  };
}
