import { createServer as createHttp1, type Server as Http1Server } from 'node:http';
import { createServer as createHttp2, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { createServer as createNet, type Server, type Socket } from 'node:net';

import type { NodeRequest } from './request-guard';
import type { NodeResponse } from './site-routes';
import { takeUpgrades, type UpgradeListener } from './upgrades';

const firstBytesWithinMs = 10_000;
const prefaceStart = Buffer.from('PRI ');

export type RequestListener = (request: NodeRequest, response: NodeResponse) => void;

/**
 * HTTP/1.1 and h2 without TLS on one port. A plaintext h2 server of node does not answer HTTP/1.1, so the
 * first bytes of a connection choose: those of h2 begin with `PRI ` (RFC 9113 section 3.4).
 */
export class PlainServer {
  private readonly http1: Http1Server;
  private readonly http2: Http2Server;
  private readonly net: Server;
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly sockets = new Set<Socket>();

  /** @param upgrade is given requests that become sockets; without it there are none. */
  constructor(listener: RequestListener, upgrade?: UpgradeListener) {
    this.http1 = createHttp1({ connectionsCheckingInterval: 5_000, maxHeaderSize: 32_768 }, listener);
    limitHttp1(this.http1);
    if (upgrade) takeUpgrades(this.http1, upgrade);
    // Never listening itself; this event starts node's check for slow requests.
    this.http1.emit('listening');
    this.http2 = createHttp2({ maxSessionMemory: 32 }, listener);
    keepSessions(this.http2, this.sessions);
    this.net = createNet((socket) => this.choose(socket));
    this.net.maxConnections = 10_000;
  }

  get server(): Server {
    return this.net;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.net.close(() => resolve()));
    this.http1.close();
    this.http1.closeAllConnections();
    for (const session of this.sessions) session.destroy();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private choose(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    const end = (): void => void socket.destroy();
    socket.on('error', end).setTimeout(firstBytesWithinMs, end);
    socket.once('readable', () => {
      const first: unknown = socket.read();
      if (!Buffer.isBuffer(first)) return end();
      socket.off('error', end).setTimeout(0).removeListener('timeout', end);
      socket.unshift(first);
      const isH2 = first.subarray(0, prefaceStart.length).equals(prefaceStart);
      (isH2 ? this.http2 : this.http1).emit('connection', socket);
    });
  }
}

/** What slow or idle callers of HTTP/1.1 get. */
export function limitHttp1(server: Pick<Http1Server, 'headersTimeout' | 'requestTimeout'>): void {
  server.headersTimeout = 15_000;
  server.requestTimeout = 60_000;
}

const idleSessionMs = 300_000;

/** Remembers sessions, so that they end with the server, and ends those that are idle or broken. */
export function keepSessions(
  server: Http2Server | import('node:http2').Http2SecureServer,
  sessions: Set<ServerHttp2Session>,
): void {
  (server as Http2Server).on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => session.destroy());
    session.setTimeout(idleSessionMs, () => session.close());
  });
  server.on('sessionError', () => undefined);
}
