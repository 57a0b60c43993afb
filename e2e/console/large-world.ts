import { emptyScene, makeServer, makeSite, type World } from '@ostler/console/mock';

export const LARGE = { servers: 1000, sites: 10_000 } as const;

/** As much as one control plane carries, with names that sort as they count. */
export function largeWorld(): World {
  const world = emptyScene({ stepMs: 50, joinAfterSteps: 0 });
  for (let count = 0; count < LARGE.servers; count += 1) {
    const one = makeServer(`server-${count}`);
    world.servers.set(one.uid, one);
  }
  for (let count = 0; count < LARGE.sites; count += 1) {
    const site = makeSite(`site-${String(count).padStart(5, '0')}`, {
      placement: { server: `server-${count % LARGE.servers}` },
      domains: [`site-${count}.example.test`],
      handler: { answer: { case: 'fixedResponse', value: { status: 200 } } },
    });
    world.resources.set(site.meta?.uid ?? '', site);
  }
  return world;
}
