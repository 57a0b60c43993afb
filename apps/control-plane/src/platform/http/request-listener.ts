import { type Log } from '../log';
import type { RpcHandler } from '../rpc';
import type { OwnHosts } from './own-hosts';
import { type NodeRequest, refusalOf } from './request-guard';
import { setSecurityHeaders } from './response-headers';
import { type NodeResponse, serveSite, type SiteRoutes, text } from './site-routes';

const slowestRequestMs = 60_000;

export interface RequestListenerParts {
  readonly rpc: RpcHandler;
  readonly routes: SiteRoutes;
  readonly isOwnHost: OwnHosts;
  readonly secure: boolean;
  readonly log: Log;
}

/** What a listener does with each request, over HTTP/1.1 and h2. */
export function requestListener({ rpc, routes, isOwnHost, secure, log }: RequestListenerParts) {
  const site = serveSite(routes);
  const call = rpc.listener(secure, (request, response) => {
    site(request, response).catch((error: unknown) => {
      log.error('a request failed', { error: String(error) });
      response.destroy();
    });
  });
  return (request: NodeRequest, response: NodeResponse): void => {
    setSecurityHeaders(response, secure);
    const refusal = refusalOf(request, isOwnHost);
    if (refusal) return text(response, refusal.status, refusal.message);
    endSlowBody(request);
    call(request, response);
  };
}

/** A body that drips in holds a handler; node limits that for HTTP/1.1 only. A long answer is another matter. */
function endSlowBody(request: NodeRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const timer = setTimeout(() => request.destroy(), slowestRequestMs).unref();
  const clear = (): void => clearTimeout(timer);
  request.once('end', clear).once('close', clear);
}
