import { type Client, createClient } from '@connectrpc/connect';
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
import { type OstlerOptions, ostlerTransport } from './transport';

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

/**
 * The one client of the public API, for the console, the CLI and scripts. It speaks the Connect protocol
 * through `fetch`, so it runs in browsers and in Node alike.
 */
export function createOstler(options: OstlerOptions): Ostler {
  const transport = ostlerTransport(options);
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
