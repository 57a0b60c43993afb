import { createOstler } from '@ostler/sdk';
import { Role } from '@ostler/contracts';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createMemoryHistory, createRouter, RouterProvider } from '@tanstack/react-router';
import { configure, render } from '@testing-library/react';
import { createMockTransport } from '../../mock/transport';
import type { World } from '../../mock/world';
import { OstlerContext } from '../api/ostler';
import { ToastProvider } from '../components/toast';
import { routeTree } from '../routes';
import { vi } from 'vitest';

// Its own default of one second is over before a busy machine has drawn a page.
configure({ asyncUtilTimeout: 15_000 });

// Services are answered by the mock; whatever else is asked for is not there.
vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network here')));

/** The whole console at an address, signed in with a role, its services answered by the mock. */
export function renderPage(world: World, path: string, role: Role = Role.OWNER) {
  const person = [...world.people.values()].find((one) => one.role === role);
  if (!person) throw new Error(`The scene has no ${Role[role]}.`);
  const ostler = createOstler({ transport: createMockTransport(world, person) });
  const router = createRouter({ routeTree, history: createMemoryHistory({ initialEntries: [path] }) });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const view = render(
    <OstlerContext value={ostler}>
      <QueryClientProvider client={queries}>
        <ToastProvider>
          <RouterProvider router={router} />
        </ToastProvider>
      </QueryClientProvider>
    </OstlerContext>,
  );
  return { ...view, router, person };
}
