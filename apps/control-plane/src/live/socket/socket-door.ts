import type { IncomingMessage } from 'node:http';

import { Code, ConnectError } from '@connectrpc/connect';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ErrorInfoSchema, ErrorReason } from '@ostler/contracts';
import { AppError, systemClock, type Timer } from '@ostler/kernel';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';

import { Wake } from '../../platform/db';
import { type Upgrade, Upgrades } from '../../platform/http';
import { Log } from '../../platform/log';
import { Metrics } from '../../platform/metrics';
import { type Caller, StreamCalls, type StreamOrigin, toConnectError } from '../../platform/rpc';
import { ClientSocket } from './client-socket';
import { mostSocketsOfPerson, mostUnknownSockets, socketLimits } from './socket-limits';

const path = '/api/socket';
/** Changes of rights that come together are one look; and the cache of callers has forgotten by then. */
const lookAgainAfterMs = 50;

interface Known {
  readonly client: ClientSocket;
  readonly origin: StreamOrigin;
  caller: Caller;
}

/** Lets sockets in, knows whose they are, and ends what somebody may no longer see as soon as that is known. */
@Injectable()
export class SocketDoor implements OnModuleInit, OnModuleDestroy {
  private readonly server = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: socketLimits.mostRequestBytes,
    perMessageDeflate: false,
  });
  private readonly known = new Set<Known>();
  private unknown = 0;
  private off: (() => void) | undefined;
  private looking: Timer | undefined;

  constructor(
    private readonly upgrades: Upgrades,
    private readonly calls: StreamCalls,
    private readonly wake: Wake,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    metrics.observed('ostler_sockets', 'WebSockets of signed-in clients.', () => this.known.size);
  }

  onModuleInit(): void {
    this.upgrades.on(path, (upgrade) => this.take(upgrade));
    this.off = this.wake.on('identity', () => this.lookSoon());
  }

  onModuleDestroy(): void {
    this.off?.();
    this.looking?.cancel();
    for (const { client } of this.known) client.end(away());
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
  }

  private take({ request, socket, head, secure }: Upgrade): void {
    if (this.unknown >= mostUnknownSockets) return void socket.destroy();
    const origin = originOf(request, secure);
    this.server.handleUpgrade(request, socket, head, (ws) => {
      // What it sends meanwhile waits in the kernel.
      ws.pause();
      this.unknown++;
      this.admit(ws, origin).catch((error: unknown) => {
        this.log.error('a socket could not be let in', { error: String(error) });
        ws.terminate();
      });
    });
  }

  private async admit(ws: WebSocket, origin: StreamOrigin): Promise<void> {
    const client = new ClientSocket(wireOf(ws), this.opener(origin), systemClock);
    ws.on('error', () => ws.terminate());
    const caller = await this.callerOf(origin).finally(() => this.unknown--);
    ws.resume();
    if (caller instanceof ConnectError) return client.end(caller);
    if (this.socketsOf(caller) >= mostSocketsOfPerson) return client.end(tooManySockets());
    const known: Known = { client, origin, caller };
    ws.on('message', (data, isBinary) => client.take(isBinary ? bytesOf(data) : new Uint8Array()));
    ws.on('pong', () => client.heard());
    ws.on('close', () => {
      this.known.delete(known);
      client.gone();
    });
    if (ws.readyState !== ws.OPEN) return;
    this.known.add(known);
    client.begin();
  }

  private opener(origin: StreamOrigin) {
    return (method: string, request: Uint8Array, signal: AbortSignal) =>
      this.calls.open(method, request, origin, signal);
  }

  private async callerOf(origin: StreamOrigin): Promise<Caller | ConnectError> {
    try {
      return await this.calls.caller(origin);
    } catch (error) {
      if (error instanceof AppError) return toConnectError(error);
      throw error;
    }
  }

  private socketsOf({ personUid }: Caller): number {
    return [...this.known].filter(({ caller }) => caller.personUid === personUid).length;
  }

  private lookSoon(): void {
    this.looking ??= systemClock.after(lookAgainAfterMs, () => {
      this.looking = undefined;
      void this.lookAgain();
    });
  }

  /** Who signed out is out now; who may do less or more opens the streams anew, and is told so. */
  private async lookAgain(): Promise<void> {
    for (const known of this.known) {
      const caller = await this.callerOf(known.origin).catch(() => known.caller);
      if (caller instanceof ConnectError) known.client.end(caller);
      else if (!maySame(caller, known.caller)) known.client.endStreams(rightsChanged());
      if (!(caller instanceof ConnectError)) known.caller = caller;
    }
  }
}

function originOf(request: IncomingMessage, secure: boolean): StreamOrigin {
  const header = new Headers();
  for (const name of ['authorization', 'cookie', 'user-agent', 'traceparent']) {
    const value = request.headers[name];
    if (typeof value === 'string') header.set(name, value);
  }
  return { header, secure, address: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '') };
}

function wireOf(ws: WebSocket) {
  return {
    send: (frame: Uint8Array) => ws.send(frame),
    ping: () => ws.ping(),
    close: (code: number, reason: string) => ws.close(code, reason),
    terminate: () => ws.terminate(),
  };
}

function bytesOf(data: RawData): Uint8Array {
  return Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data);
}

function maySame(one: Caller, other: Caller): boolean {
  return (
    one.tenantUids.join() === other.tenantUids.join() &&
    one.permissions.size === other.permissions.size &&
    [...one.permissions].every((permission) => other.permissions.has(permission))
  );
}

function refusal(reason: ErrorReason, code: Code, message: string, retryAfterSeconds: number): ConnectError {
  return new ConnectError(message, code, undefined, [
    { desc: ErrorInfoSchema, value: { reason, retryAfterSeconds } },
  ]);
}

const rightsChanged = (): ConnectError =>
  refusal(
    ErrorReason.UNAVAILABLE,
    Code.Unavailable,
    'What you may see has changed; open the stream anew.',
    1,
  );

const away = (): ConnectError =>
  refusal(ErrorReason.UNAVAILABLE, Code.Unavailable, 'The control plane is stopping.', 1);

const tooManySockets = (): ConnectError =>
  refusal(
    ErrorReason.LIMIT_EXCEEDED,
    Code.ResourceExhausted,
    `You have ${mostSocketsOfPerson} open sockets, which is the most. Close some tabs or programs.`,
    60,
  );
