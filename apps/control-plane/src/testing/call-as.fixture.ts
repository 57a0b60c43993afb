import type { Transport } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';

/** Calls to a control plane under its address, as the holder of a token or as nobody. */
export function callAs(baseUrl: string, token?: string): Transport {
  return createConnectTransport({
    baseUrl,
    httpVersion: '1.1',
    interceptors: [
      (next) => (request) => {
        if (token) request.header.set('authorization', `Bearer ${token}`);
        return next(request);
      },
    ],
  });
}
