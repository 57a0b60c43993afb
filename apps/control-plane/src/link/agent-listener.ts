import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server as TlsServer, type TLSSocket } from 'node:tls';
import { type ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js';
import type { DescService } from '@bufbuild/protobuf';
import { serviceDefinition } from '@ostler/link-protocol/grpc';
import { PacedDoor } from './paced-door';

export interface ListenerTrust {
  readonly key: string;
  readonly certificateChain: string;
  /** PEM: what certificates of agents are verified by. */
  readonly trusted: string;
}

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly trust: ListenerTrust;
  readonly refused: (why: string, address: string) => void;
}

/** A TCP connection that has not proven who it is after this long is closed. */
const HANDSHAKE_MS = 5000;
export const MOST_CONNECTIONS = 20_000;
const KEEPALIVE_MS = 10_000;

/**
 * The agents' listener: TLS with a verified client certificate, then gRPC. TLS is ours and not grpc-js's,
 * because the handshake needs a deadline, the certificate must be replaceable while lanes are up, and no
 * session is resumed: that would skip the check of a certificate that has ended.
 */
export class AgentListener {
  private readonly grpc = new Server({
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_MS,
  });
  private readonly injector: ConnectionInjector;
  private readonly sockets = new Set<Socket>();
  private readonly tls: TlsServer;
  private readonly door: PacedDoor;

  constructor(private readonly options: ListenerOptions) {
    this.injector = this.grpc.createConnectionInjector(ServerCredentials.createInsecure());
    this.tls = createServer({
      ...contextOf(options.trust),
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ['h2'],
      handshakeTimeout: HANDSHAKE_MS,
    });
    this.door = new PacedDoor((socket) => this.shakeHands(socket), MOST_CONNECTIONS);
    this.tls.on('secureConnection', (socket) => this.admit(socket));
    this.tls.on('tlsClientError', (error, socket) => this.refuse(error, socket));
  }

  /** Before `listen`. Handlers go by the local names of the methods. */
  serve(service: DescService, handlers: object): void {
    this.grpc.addService(serviceDefinition(service), handlers as Parameters<Server['addService']>[1]);
  }

  /** The port that it listens on. @throws when the port is taken. */
  listen(): Promise<number> {
    return this.door.listen(this.options.host, this.options.port);
  }

  /** New connections see the new certificate; those that are up stay. */
  replaceTrust(trust: ListenerTrust): void {
    this.tls.setSecureContext(contextOf(trust));
  }

  /** Connections that do not end by themselves within the grace are cut. */
  async close(graceMs: number): Promise<void> {
    const closed = this.door.close();
    this.injector.drain(graceMs);
    const cut = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(cut);
    this.injector.destroy();
    this.grpc.forceShutdown();
  }

  private shakeHands(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    this.tls.emit('connection', socket);
  }

  private refuse(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    this.options.refused(error.message, socket.remoteAddress ?? '');
    // Node leaves a handshake that took too long to us; in every other case it has ended the connection.
    if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') socket.destroy();
  }

  private admit(socket: TLSSocket): void {
    // A peer that resets is told to its lanes by gRPC; without a listener it would end the process.
    socket.on('error', () => undefined);
    this.injector.injectConnection(socket);
  }
}

function contextOf({ key, certificateChain, trusted }: ListenerTrust) {
  return {
    key,
    cert: certificateChain,
    ca: trusted,
    minVersion: 'TLSv1.2' as const,
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
