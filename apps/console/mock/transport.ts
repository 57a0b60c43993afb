import { createRouterTransport, type Transport } from '@connectrpc/connect';
import type { Person } from '@ostler/contracts';
import { mockRoutes } from './routes';
import { sessionInterceptor } from './sessions';
import type { World } from './world';

/** The services without a network, as one signed-in person; for component tests. */
export function createMockTransport(world: World, person: Person): Transport {
  return createRouterTransport(mockRoutes(world), {
    router: { interceptors: [sessionInterceptor(world, person)] },
  });
}
