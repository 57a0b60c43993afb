import { Kind } from '@ostler/contracts';
import type { Ostler } from '@ostler/sdk';

import { waitFor } from '../harness';
import { apply } from './sites';

/** Every server of a crowd has this label, and the one site is placed by it. */
export const crowdLabels = { crowd: 'yes' };

/** Changes the one site that every server has, until all of them have stored it and reported it Ready. */
export async function changeCrowdSite(
  ostler: Ostler,
  body: string,
  agents: number,
  timeoutMs: number,
): Promise<void> {
  await apply(ostler, [
    {
      meta: { kind: Kind.SITE, name: 'crowd' },
      spec: {
        case: 'site',
        value: {
          placement: { selector: crowdLabels },
          domains: ['crowd.bench.test'],
          handler: { answer: { case: 'fixedResponse', value: { status: 200, body } } },
        },
      },
    },
  ]);
  await waitFor(
    'every server has it',
    async () => {
      const { resources } = await ostler.resources.list({ kind: Kind.SITE });
      const ready = resources[0]?.status?.placementsReady;
      if (ready === agents) return true;
      throw new Error(`${ready} of ${agents} servers have it`);
    },
    { timeoutMs, intervalMs: 100 },
  );
}
