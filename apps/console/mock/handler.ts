import type { IncomingMessage, ServerResponse } from 'node:http';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { mockRoutes } from './routes';
import { fullScene } from './scenes';
import { sessionInterceptor } from './sessions';
import type { World } from './world';

export type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** The services over HTTP/1.1; calls `next` for every other path. */
export function createMockHandler(world: World = fullScene()): Handler {
  return (request, response, next) =>
    connectNodeAdapter({
      routes: mockRoutes(world),
      interceptors: [sessionInterceptor(world)],
      fallback: () => next(),
    })(request, response);
}
