import type { Interceptor, Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';

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

/** The way to a control plane, for every service of it. @throws TypeError without a baseUrl or a transport. */
export function ostlerTransport(options: OstlerOptions): Transport {
  if (options.transport) return options.transport;
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
