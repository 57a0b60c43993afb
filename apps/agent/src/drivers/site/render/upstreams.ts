import { Upstream_Balance, type Upstream } from '@ostler/contracts';
import { block, directive, type Directive } from '../../../targets/nginx';
import type { UpstreamAddress } from '../inputs';
import type { Rendering } from './rendering';

const DEFAULT_KEEPALIVE = 16;

/** Name of the upstream block, or undefined while it has no address at all. */
export function upstreamName(name: string, rendering: Rendering): string | undefined {
  const addresses = rendering.inputs.upstreams[name] ?? [];
  return addresses.length === 0 ? undefined : rendering.globalName('upstream', name);
}

/** Addresses only: one name that does not resolve would fail nginx's test for every site of the server. */
export function renderUpstream(upstream: Upstream, rendering: Rendering): Directive[] {
  const name = upstreamName(upstream.name, rendering);
  if (name === undefined) return [];
  const addresses = rendering.inputs.upstreams[upstream.name] ?? [];
  // nginx refuses an upstream of backups alone: then they are all there is, and no longer backups.
  const onlyBackups = addresses.every((address) => address.backup);
  return [
    block(
      'upstream',
      [name],
      [
        ...balance(upstream.balance),
        ...addresses.map((address) => renderServer(address, onlyBackups)),
        directive('keepalive', String(upstream.keepalive === 0 ? DEFAULT_KEEPALIVE : upstream.keepalive)),
      ],
    ),
  ];
}

function balance(wanted: Upstream_Balance): Directive[] {
  if (wanted === Upstream_Balance.LEAST_CONNECTIONS) return [directive('least_conn')];
  if (wanted === Upstream_Balance.CLIENT_ADDRESS) return [directive('ip_hash')];
  return [];
}

function renderServer(server: UpstreamAddress, onlyBackups: boolean): Directive {
  const host = server.address.includes(':') ? `[${server.address}]` : server.address;
  return directive(
    'server',
    `${host}:${server.port}`,
    ...(server.weight > 1 ? [`weight=${server.weight}`] : []),
    ...(server.backup && !onlyBackups ? ['backup'] : []),
    ...(server.healthy ? [] : ['down']),
  );
}
