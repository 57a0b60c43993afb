import type { ServerResponse } from 'node:http';

import type { ConnectNodeAdapterOptions } from '@connectrpc/connect-node';

import type { ConsoleFiles, SiteFile } from './console-files';
import type { Finding } from './health';
import type { NodeRequest } from './request-guard';

/** Of HTTP/1.1 or h2. */
export type NodeResponse = Parameters<NonNullable<ConnectNodeAdapterOptions['fallback']>>[1];

/** Paths of a feature room beside the console's. */
export interface RouteHandler {
  /** False: the path is none of its own. GET and HEAD only. */
  answer(path: string, request: NodeRequest, response: NodeResponse): Promise<boolean>;
}

export interface SiteRoutes {
  readonly files: ConsoleFiles;
  /** What was found when everything was looked at that the work needs. */
  readonly health: { findings(): Promise<readonly Finding[]> };
  readonly version: string;
  /** What servers download before they have joined. */
  readonly installer?: RouteHandler;
  /** The documentation, for everybody. */
  readonly docs?: RouteHandler;
  /** Absent on the public listener. */
  readonly metrics?: { readonly contentType: string; text(): Promise<string> };
}

/** Everything that is no call: health, metrics, the console. */
export function serveSite(routes: SiteRoutes) {
  return async (request: NodeRequest, response: NodeResponse): Promise<void> => {
    const path = pathOf(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') return text(response, 405, 'only GET here');
    if (path === '/healthz') return text(response, 200, 'ok');
    if (path === '/readyz') return ready(await routes.health.findings(), response);
    if (path === '/version') {
      return text(response, 200, JSON.stringify({ version: routes.version }), 'application/json');
    }
    if (path === '/metrics' && routes.metrics) {
      return text(response, 200, await routes.metrics.text(), routes.metrics.contentType);
    }
    if (await routes.installer?.answer(path, request, response)) return;
    if (await routes.docs?.answer(path, request, response)) return;
    return serveFile(routes.files, path, request, response);
  };
}

/** Which thing fails stands first on its line, for who reads a log of it. */
function ready(findings: readonly Finding[], response: NodeResponse): void {
  const troubles = findings.filter(({ trouble }) => trouble !== '');
  if (troubles.length === 0) return text(response, 200, 'ready');
  text(response, 503, troubles.map(({ name, trouble }) => `${name}: ${trouble}`).join('\n'));
}

function serveFile(files: ConsoleFiles, path: string, request: NodeRequest, response: NodeResponse): void {
  const wantsPage = String(request.headers.accept ?? '').includes('text/html');
  const file = files.find(path, wantsPage);
  if (!file)
    return text(response, 404, files.isBuilt ? 'not found' : 'the console is not built; run npm start');
  sendFile(file, request, response);
}

/** Nothing of it when the browser has it already. */
export function sendFile(file: SiteFile, request: NodeRequest, response: NodeResponse, status = 200): void {
  response.setHeader('etag', file.etag);
  response.setHeader('cache-control', file.cacheControl);
  response.setHeader('vary', 'accept-encoding');
  if (request.headers['if-none-match'] === file.etag) return end(response, 304);
  const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = takesGzip && file.gzipped ? file.gzipped : file.body;
  if (body !== file.body) response.setHeader('content-encoding', 'gzip');
  response.setHeader('content-type', file.type);
  response.setHeader('content-length', body.length);
  end(response, status, request.method === 'HEAD' ? undefined : body);
}

export function text(
  response: NodeResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.setHeader('content-type', type);
  response.setHeader('cache-control', 'no-store');
  end(response, status, Buffer.from(`${body}\n`));
}

// HTTP/1.1 and h2 responses have the same methods with other signatures.
function end(response: NodeResponse, status: number, body?: Buffer): void {
  response.statusCode = status;
  (response as ServerResponse).end(body);
}

export function pathOf(request: NodeRequest): string {
  return URL.parse(request.url ?? '/', 'http://localhost')?.pathname ?? '/';
}
