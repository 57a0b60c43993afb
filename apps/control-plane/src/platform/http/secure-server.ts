import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';

import { keepSessions, limitHttp1, type RequestListener } from './plain-server';
import { takeUpgrades, type UpgradeListener } from './upgrades';

export interface TlsFiles {
  /** PEM, with the chain. */
  readonly certificate: string;
  readonly key: string;
}

/** HTTP/1.1 and h2 over TLS on one port, chosen by ALPN. The certificate may be changed while it serves. */
export class SecureServer {
  readonly server: Http2SecureServer;
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly sockets = new Set<Socket>();

  constructor(tls: TlsFiles, listener: RequestListener, upgrade?: UpgradeListener) {
    this.server = createSecureServer(
      { ...contextOf(tls), allowHTTP1: true, handshakeTimeout: 10_000, maxSessionMemory: 32 },
      listener,
    );
    limitHttp1(this.server as unknown as Parameters<typeof limitHttp1>[0]);
    if (upgrade) takeUpgrades(this.server as unknown as Parameters<typeof takeUpgrades>[0], upgrade);
    keepSessions(this.server, this.sessions);
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    this.server.on('tlsClientError', () => undefined);
    this.server.on('secureConnection', (socket) => socket.on('error', () => socket.destroy()));
  }

  changeCertificate(tls: TlsFiles): void {
    this.server.setSecureContext(contextOf(tls));
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const session of this.sessions) session.destroy();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

function contextOf({ certificate, key }: TlsFiles) {
  return { cert: certificate, key, minVersion: 'TLSv1.2' as const };
}
