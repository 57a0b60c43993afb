import type { ConnectNodeAdapterOptions } from '@connectrpc/connect-node';

import type { OwnHosts } from './own-hosts';

/** Of HTTP/1.1 or h2. */
export type NodeRequest = Parameters<NonNullable<ConnectNodeAdapterOptions['fallback']>>[0];

export interface Refusal {
  readonly status: number;
  readonly message: string;
}

/**
 * What a browser may be made to send by another site. A request with a cookie that changes something must
 * come from our own pages; one for a foreign host name is answered to nobody.
 */
export function refusalOf(request: NodeRequest, isOwnHost: OwnHosts): Refusal | undefined {
  const host = hostOf(request);
  if (!isOwnHost(host)) {
    return {
      status: 421,
      message: `this control plane is not ${host}; add the name to OSTLER_PUBLIC_ADDRESS or OSTLER_HOSTS`,
    };
  }
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  const origin = header(request, 'origin');
  if (origin !== undefined) return isSameOrigin(origin, host) ? undefined : foreign;
  if (header(request, 'cookie') === undefined) return undefined;
  return header(request, 'sec-fetch-site') === 'same-origin' ? undefined : foreign;
}

/**
 * As above, of a request that becomes a socket. Browsers open those to any site, with its cookies and without
 * asking it first (cross-site WebSocket hijacking), but always name the page's origin (RFC 6455 section 10.2).
 */
export function refusalOfUpgrade(request: NodeRequest, isOwnHost: OwnHosts): Refusal | undefined {
  const host = hostOf(request);
  if (!isOwnHost(host)) return refusalOf(request, isOwnHost);
  const origin = header(request, 'origin');
  if (origin !== undefined) return isSameOrigin(origin, host) ? undefined : foreign;
  return header(request, 'cookie') === undefined ? undefined : foreign;
}

const foreign: Refusal = {
  status: 403,
  message: 'a request with a cookie comes from the pages of this control plane only',
};

function isSameOrigin(origin: string, host: string): boolean {
  const own = URL.parse(origin);
  // With the scheme of the origin, because a default port is left out of both.
  return own !== null && own.host === URL.parse(`${own.protocol}//${host}`)?.host;
}

/** Of HTTP/1.1 or h2. */
export function hostOf(request: NodeRequest): string {
  return header(request, ':authority') ?? header(request, 'host') ?? '';
}

function header(request: NodeRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
