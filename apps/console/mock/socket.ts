import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { createRouterTransport, type Interceptor } from '@connectrpc/connect';
import {
  LiveService,
  OperationService,
  type SocketRequest_Open,
  SocketRequestSchema,
  SocketResponseSchema,
} from '@ostler/contracts';
import { endOf, linkOver, type StreamLink } from '@ostler/sdk';
import { type WebSocket, WebSocketServer } from 'ws';
import { mockRoutes } from './routes';
import { sessionInterceptor } from './sessions';
import type { World } from './world';

const PATH = '/api/socket';

export interface MockSockets {
  /** Cuts all of them. */
  end(): void;
  /** How many are open. */
  count(): number;
}

/** The server streams of the mock over WebSockets of the server, as the control plane has them. */
export function takeMockSockets(server: Server, world: World): MockSockets {
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.url !== PATH) return;
    sockets.handleUpgrade(request, socket, head, (ws) => serve(ws, linkOf(world, request)));
  });
  return {
    end: () => sockets.clients.forEach((socket) => socket.terminate()),
    count: () => sockets.clients.size,
  };
}

/** The streams as whoever the cookie of the request names. */
function linkOf(world: World, { headers }: IncomingMessage): StreamLink {
  const asCaller: Interceptor = (next) => (request) => {
    if (headers.cookie) request.header.set('cookie', headers.cookie);
    return next(request);
  };
  const transport = createRouterTransport(mockRoutes(world), {
    router: { interceptors: [sessionInterceptor(world)] },
    transport: { interceptors: [asCaller] },
  });
  return linkOver(transport, [LiveService, OperationService]);
}

function serve(socket: WebSocket, link: StreamLink): void {
  const streams = new Map<number, AbortController>();
  const say = (frame: MessageInitShape<typeof SocketResponseSchema>['frame']): void =>
    socket.send(toBinary(SocketResponseSchema, create(SocketResponseSchema, { frame })));
  const run = async ({ stream, method, request }: SocketRequest_Open): Promise<void> => {
    const ending = new AbortController();
    streams.set(stream, ending);
    try {
      for await (const bytes of link.open(method, request, ending.signal))
        say({ case: 'messages', value: { stream, messages: [bytes] } });
      say({ case: 'end', value: endOf(stream) });
    } catch (error) {
      if (!ending.signal.aborted) say({ case: 'end', value: endOf(stream, error) });
    }
  };
  socket.on('message', (data: Buffer) => {
    const { frame } = fromBinary(SocketRequestSchema, data);
    if (frame.case === 'open') void run(frame.value);
    if (frame.case === 'close') streams.get(frame.value.stream)?.abort();
  });
  socket.on('close', () => streams.forEach((ending) => ending.abort()));
  say({ case: 'welcome', value: { mostStreams: 64, windowBytes: 262_144, pingEveryMs: 10_000 } });
}
