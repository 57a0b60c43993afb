import type { Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  bootJoinedServer,
  closeTestNetwork,
  type OstlerProcess,
  startOstler,
  testNetwork,
  type TestServer,
  waitFor,
} from '../harness';
import { type Address, pageOf, served } from './page';
import { atMost, writeSection } from './report';
import { apply, domainOf, everySiteReady, textSite } from './sites';
import { duration, percentile, timeEach } from './statistics';

const SERVER = 'many';
const SITES = 500;
const CHANGES = 10;
/** A look takes the one processor of the test server some milliseconds: done all the time it would be what is measured. */
const LOOK_EVERY_MS = 50;

let control: OstlerProcess;
let ostler: Ostler;
let server: TestServer;
let address: Address;

beforeAll(async () => {
  const { machineAddress } = await testNetwork();
  control = await startOstler({ environment: { OSTLER_PUBLIC_ADDRESS: machineAddress } });
  ostler = await control.signIn();
  ({ server } = await bootJoinedServer(ostler, { name: SERVER }));
  address = { host: server.address, port: 80 };
});

afterAll(async () => {
  await control?.stop();
  await closeTestNetwork();
  await control?.remove();
});

const nameOf = (number: number): string => `site-${number}`;

async function everyPageIs(body: (number: number) => string): Promise<void> {
  for (let number = 0; number < SITES; number++) {
    expect((await pageOf(address, domainOf(nameOf(number)))).body).toBe(body(number));
  }
}

test('a server takes many sites at once and then one change', async () => {
  const first = (number: number) => `first ${number}`;
  const [full] = await timeEach(1, async () => {
    await apply(
      ostler,
      Array.from({ length: SITES }, (_, number) => textSite(nameOf(number), SERVER, first(number))),
    );
    await waitFor('every site is Ready', () => everySiteReady(ostler, SITES));
  });
  await everyPageIs(first);
  const changes = await timeEach(CHANGES, async (index) => {
    const name = nameOf(index * 37);
    await apply(ostler, [textSite(name, SERVER, `changed ${index}`)]);
    await served(address, domainOf(name), `changed ${index}`, {
      intervalMs: LOOK_EVERY_MS,
    });
  });
  const slowest = Math.max(...changes);
  writeSection(
    'Many sites on one server',
    `\`pnpm bench:many\`. ${SITES} sites in one call of Apply on a booted test server (User Mode Linux, one processor, whose system calls cost many times those of the machine), until every one is Ready and answers; then ${CHANGES} changes one by one, each until a new connection gets the new page; it is asked for every ${LOOK_EVERY_MS} ms.`,
    [
      {
        what: `first apply of ${SITES} sites, to all Ready`,
        measured: duration(full!),
        beside: atMost(30_000, full!, duration),
      },
      {
        what: 'one change to served, slowest',
        measured: duration(slowest),
        beside: atMost(6000, slowest, duration),
      },
      { what: 'one change to served, p50', measured: duration(percentile(changes, 0.5)), beside: '' },
    ],
  );
});
