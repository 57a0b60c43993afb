import type { IncomingMessage, Server } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

import { Injectable } from '@nestjs/common';

import type { OwnHosts } from './own-hosts';
import { refusalOfUpgrade } from './request-guard';
import { pathOf } from './site-routes';

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What the client sent right behind its request. */
  readonly head: Buffer;
  /** True on a TLS listener, where cookies are Secure. */
  readonly secure: boolean;
}

/** Makes a WebSocket of a request for one path. */
export type UpgradeHandler = (upgrade: Upgrade) => void;
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Where rooms register the paths under which they take WebSockets. */
@Injectable()
export class Upgrades {
  private readonly handlers = new Map<string, UpgradeHandler>();

  on(path: string, handler: UpgradeHandler): void {
    this.handlers.set(path, handler);
  }

  /** For a listener: what is not from our own pages, or for no path, gets an answer and is ended. */
  listener({
    isOwnHost,
    secure,
  }: {
    readonly isOwnHost: OwnHosts;
    readonly secure: boolean;
  }): UpgradeListener {
    return (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      const refusal = refusalOfUpgrade(request, isOwnHost);
      if (refusal) return refuse(socket, refusal.status, refusal.message);
      const handler = this.handlers.get(pathOf(request));
      if (!handler) return refuse(socket, 404, 'no socket here');
      handler({ request, socket, head, secure });
    };
  }
}

/** Other upgrades, as curl's to h2c, are declined by answering the request itself (RFC 9110 section 7.8). */
export function takeUpgrades(server: Server, listener: UpgradeListener): void {
  server.on('upgrade', listener);
  // An option of servers of HTTP/1.1 alone; this way those of HTTP/2 that also speak 1.1 keep to it too.
  Object.assign(server, {
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
  });
}

function refuse(socket: Duplex, status: number, message: string): void {
  const body = `${message}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'x-content-type-options: nosniff',
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
