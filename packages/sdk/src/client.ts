import { type Client, createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
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

export interface OstlerOptions {
  /** Origin of the control plane, like `http://localhost:7070`. Not used when `transport` is given. */
  readonly baseUrl?: string;
  /** Any Connect transport in place of HTTP, for tests. */
  readonly transport?: Transport;
  /** An API token or a session token; a function is asked before every call. A browser's cookie needs none. */
  readonly token?: string | (() => string | undefined);
  /** In place of the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Sent as `User-Agent` where the platform allows that. */
  readonly userAgent?: string;
}

/**
 * The one client of the public API, for the console, the CLI and scripts. It speaks the Connect protocol
 * through `fetch`, so it runs in browsers and in Node alike.
 */
export function createOstler(options: OstlerOptions): Ostler {
  const transport = options.transport ?? transportOf(options);
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

function transportOf(options: OstlerOptions): Transport {
  if (options.baseUrl === undefined) throw new TypeError('createOstler needs a baseUrl or a transport.');
  return createConnectTransport({
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    useBinaryFormat: true,
    interceptors: [withHeaders(options)],
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
  });
}

function withHeaders({ token, userAgent }: OstlerOptions): Interceptor {
  return (next) => (request) => {
    const present = typeof token === 'function' ? token() : token;
    if (present) request.header.set('Authorization', `Bearer ${present}`);
    if (userAgent) request.header.set('User-Agent', userAgent);
    return next(request);
  };
}
