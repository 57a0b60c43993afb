import { type Client, createClient, type Transport } from '@connectrpc/connect';
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

/** Every service of the control plane, typed. */
export interface Ostler {
  readonly resources: Client<typeof ResourceService>;
  readonly fleet: Client<typeof FleetService>;
  readonly agentUpdates: Client<typeof AgentUpdateService>;
  readonly operations: Client<typeof OperationService>;
  readonly identity: Client<typeof IdentityService>;
  readonly audit: Client<typeof AuditService>;
  readonly live: Client<typeof LiveService>;
  readonly limits: Client<typeof LimitService>;
  readonly releases: Client<typeof ReleaseService>;
}

/** The client over a transport of the caller's own. */
export function ostlerOver(transport: Transport): Ostler {
  return {
    resources: createClient(ResourceService, transport),
    fleet: createClient(FleetService, transport),
    agentUpdates: createClient(AgentUpdateService, transport),
    operations: createClient(OperationService, transport),
    identity: createClient(IdentityService, transport),
    audit: createClient(AuditService, transport),
    live: createClient(LiveService, transport),
    limits: createClient(LimitService, transport),
    releases: createClient(ReleaseService, transport),
  };
}
