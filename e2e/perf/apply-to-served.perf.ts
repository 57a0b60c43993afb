import { afterAll, beforeAll, test } from 'vitest';

import { type LocalOstler, startWithLocalAgent } from './local-ostler';
import { type Address, served } from './page';
import { atMost, writeSection } from './report';
import { apply, domainOf, textSite } from './sites';
import { duration, percentile, timeEach } from './statistics';

const SITES = 20;
const CHANGES = 100;

let control: LocalOstler;
let address: Address;

beforeAll(async () => {
  control = await startWithLocalAgent();
  address = { host: '127.0.0.1', port: control.server.facts!.httpPort };
});

afterAll(() => control?.end());

/** From the call to the first new connection that gets the new page. */
async function putAndSee(name: string, body: string): Promise<void> {
  await apply(control.ostler, [textSite(name, control.server.name, body)]);
  await served(address, domainOf(name), body);
}

test('an applied site is served by this machine', async () => {
  const created = await timeEach(SITES, (index) => putAndSee(`site-${index}`, `new ${index}`));
  const changed = await timeEach(CHANGES, (index) => putAndSee(`site-${index % SITES}`, `changed ${index}`));
  const together = await timeEach(5, async (round) => {
    const names = Array.from({ length: SITES }, (_, index) => `site-${index}`);
    await apply(
      control.ostler,
      names.map((name) => textSite(name, control.server.name, `together ${round}`)),
    );
    for (const name of names) await served(address, domainOf(name), `together ${round}`);
  });
  const all = [...created, ...changed];
  const p50 = percentile(all, 0.5);
  const p99 = percentile(all, 0.99);
  writeSection(
    'From Apply to served, this machine',
    `\`pnpm bench:apply\`. ${SITES} sites are created one by one, then changed ${CHANGES} times one by one, then all in one call 5 times; the agent of this machine with an nginx of its own. Each time runs from the call of Apply to the first new connection that gets the new page.`,
    [
      { what: 'created or changed alone, p50', measured: duration(p50), beside: atMost(1000, p50, duration) },
      { what: 'created or changed alone, p99', measured: duration(p99), beside: atMost(2000, p99, duration) },
      { what: 'created alone, p50', measured: duration(percentile(created, 0.5)), beside: '' },
      { what: 'changed alone, p50', measured: duration(percentile(changed, 0.5)), beside: '' },
      {
        what: `${SITES} changed in one call, p50`,
        measured: duration(percentile(together, 0.5)),
        beside: '',
      },
    ],
  );
});
