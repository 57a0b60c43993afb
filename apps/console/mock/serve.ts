import { createReadStream, existsSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { createMockHandler } from './handler';
import { takeMockSockets } from './socket';
import type { World } from './world';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
  '.png': 'image/png',
};

/** What the control plane sends with the console. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export interface MockServer {
  readonly url: string;
  /** How many sockets are open. */
  readonly sockets: () => number;
  /** Cuts every connection, as a network that goes away. */
  readonly cut: () => void;
  close(): Promise<void>;
}

/** Serves a built console with mock services behind it, on a port that the kernel chooses. */
export async function startMockServer(world: World, distFolder: string): Promise<MockServer> {
  const handle = createMockHandler(world);
  const server = createServer((request, response) =>
    handle(request, response, () => sendFile(distFolder, request.url ?? '/', response)),
  );
  const sockets = takeMockSockets(server, world);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    sockets: () => sockets.count(),
    cut: () => {
      sockets.end();
      server.closeAllConnections();
    },
    close: () =>
      new Promise((resolve) => {
        sockets.end();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sendFile(folder: string, url: string, response: ServerResponse): void {
  const path = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
  const asked = join(folder, path);
  const file = extname(asked) !== '' && existsSync(asked) ? asked : join(folder, 'index.html');
  response.writeHead(200, {
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': CSP,
  });
  createReadStream(file).pipe(response);
}
