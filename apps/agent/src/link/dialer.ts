import { type ChannelCredentials, Client, credentials } from '@grpc/grpc-js';
import type { Identity } from './identity-folder';
import { readProxy } from './public-connection';

/**
 * Opens connections to the agents' listener. Each lane gets a connection of its own: on a shared one a
 * flood of telemetry would delay commands by seconds.
 */
export class Dialer {
  private known: { readonly pems: string; readonly trust: ChannelCredentials } | undefined;

  constructor(private readonly identity: () => Identity) {}

  open(): Client {
    const { agentAddress, agentServerName, proxy } = this.identity();
    const way = proxy ? throughProxy(proxy, agentAddress) : { target: agentAddress, options: {} };
    return new Client(way.target, this.trust(), {
      ...way.options,
      'grpc.ssl_target_name_override': agentServerName,
      'grpc.default_authority': agentServerName,
      // Without it grpc-js shares one connection between all clients of an address.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
      'grpc.enable_retries': 0,
      'grpc.keepalive_time_ms': KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    });
  }

  /** Made once for an identity: reading keys and certificates takes longer than dialling. */
  private trust(): ChannelCredentials {
    const { keyPem, chainPem, caPem } = this.identity();
    const pems = `${caPem}${keyPem}${chainPem}`;
    if (this.known?.pems !== pems) {
      const trust = credentials.createSsl(Buffer.from(caPem), Buffer.from(keyPem), Buffer.from(chainPem));
      this.known = { pems, trust };
    }
    return this.known.trust;
  }
}

/** What grpc-js does by itself when the environment names a proxy; ours is a setting. */
function throughProxy(proxy: string, agentAddress: string) {
  const { hostname, port, credentials } = readProxy(proxy);
  return {
    target: `${hostname}:${port}`,
    options: {
      'grpc.http_connect_target': `dns:${agentAddress}`,
      ...(credentials && { 'grpc.http_connect_creds': credentials }),
    },
  };
}

/** Together with the time-out below the 25 s after which a peer is dead. */
const KEEPALIVE_MS = 10_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;
