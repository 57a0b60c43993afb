import { ConditionStatus, Kind } from '@ostler/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { waitFor } from '../harness';
import { type LocalOstler, startWithLocalAgent } from './local-ostler';
import { type Address, pageOf, served } from './page';
import { atMost, type Row, writeSection } from './report';
import { apply, conditionOf, domainOf, type NewResource, textSite } from './sites';
import { type LoadOutcome, startLoad } from './steady-load';
import { duration, percentile } from './statistics';

const CHANGES = 200;
const PER_SECOND = 500;
const NEIGHBOURS = 19;
const BAD_ROUNDS = 5;
const SECTION = 'Changes under load';

let control: LocalOstler;
let address: Address;
const rows: Row[] = [];

beforeAll(async () => {
  control = await startWithLocalAgent();
  address = { host: '127.0.0.1', port: control.server.facts!.httpPort };
});

afterAll(async () => {
  if (rows.length > 0) {
    writeSection(
      SECTION,
      `\`pnpm bench:changes\`. This machine with an nginx of the agent's own; the load shares the two processors. One site is changed ${CHANGES} times, each time when the change before it is served, while ${PER_SECOND} requests/s ask for it: on new connections, then on shared ones, where a GET on a connection that was closed meanwhile is sent once more. Then ${BAD_ROUNDS} times one call of Apply changes ${NEIGHBOURS + 1} sites, one of them so that the control plane takes it and nginx refuses it (an error page for status 499).`,
      rows,
    );
  }
  await control?.end();
});

const text = (change: number): string => `change ${change} of the shop`;

function put(name: string, body: string): Promise<void> {
  return apply(control.ostler, [textSite(name, control.server.name, body)]);
}

async function changeUnderLoad(keepAlive: boolean): Promise<LoadOutcome & { readonly seconds: number }> {
  await put('shop', text(0));
  await served(address, domainOf('shop'), text(0));
  const load = startLoad({
    address,
    domain: domainOf('shop'),
    perSecond: PER_SECOND,
    keepAlive,
    problemOf: (body, status) =>
      status === 200 && /^change \d+ of the shop$/.test(body) ? undefined : `${status} ${body.slice(0, 80)}`,
  });
  const began = performance.now();
  for (let change = 1; change <= CHANGES; change++) {
    await put('shop', text(change));
    await served(address, domainOf('shop'), text(change));
  }
  const seconds = (performance.now() - began) / 1000;
  return { ...(await load.stop()), seconds };
}

function rowOf(what: string, outcome: LoadOutcome & { readonly seconds: number }): Row {
  const { requests, failures, retries, seconds, milliseconds } = outcome;
  const rate = Math.round(requests / seconds);
  return {
    what,
    measured: `${failures.length} of ${requests} requests failed (${rate}/s, p99 ${duration(percentile(milliseconds, 0.99))}), ${retries} sent once more; ${CHANGES} changes in ${seconds.toFixed(0)} s`,
    beside: atMost(0, failures.length, String),
  };
}

test('no request fails on a new connection', async () => {
  const outcome = await changeUnderLoad(false);
  rows.push(rowOf('new connections', outcome));
  expect([...new Set(outcome.failures)]).toEqual([]);
});

test('no request fails on a shared connection after the one retry', async () => {
  const outcome = await changeUnderLoad(true);
  rows.push(rowOf('shared connections', outcome));
  expect([...new Set(outcome.failures)]).toEqual([]);
});

test('a bad change is rolled back while those of the neighbours go live', async () => {
  const neighbours = Array.from({ length: NEIGHBOURS }, (_, index) => `neighbour-${index}`);
  await put('victim', 'good');
  await served(address, domainOf('victim'), 'good');
  const rolledBack: number[] = [];
  const live: number[] = [];
  for (let round = 0; round < BAD_ROUNDS; round++) {
    const began = performance.now();
    await apply(control.ostler, [
      ...neighbours.map((name) => textSite(name, control.server.name, `round ${round}`)),
      withBadErrorPage(textSite('victim', control.server.name, `bad ${round}`)),
    ]);
    await Promise.all([
      victimRefused().then(() => rolledBack.push(performance.now() - began)),
      Promise.all(neighbours.map((name) => served(address, domainOf(name), `round ${round}`))).then(() =>
        live.push(performance.now() - began),
      ),
    ]);
    expect((await pageOf(address, domainOf('victim'))).body).toBe('good');
    await put('victim', 'good');
    await waitFor(
      'the good version is taken again',
      async () => (await victim())?.status === ConditionStatus.TRUE,
    );
  }
  const slowest = Math.max(...rolledBack);
  rows.push(
    {
      what: 'bad change: refused and the old page served, slowest',
      measured: duration(slowest),
      beside: atMost(5000, slowest, duration),
    },
    {
      what: `the ${NEIGHBOURS} good changes beside it live, slowest`,
      measured: duration(Math.max(...live)),
      beside: 'all of them',
    },
  );
});

async function victim() {
  const { resource } = await control.ostler.resources.get({ kind: Kind.SITE, name: 'victim' });
  return resource && conditionOf(resource);
}

async function victimRefused(): Promise<void> {
  await waitFor('the bad change is refused', async () => {
    const ready = await victim();
    if (ready?.status === ConditionStatus.FALSE && /499/.test(ready.message)) return true;
    throw new Error(`${ready?.reason}: ${ready?.message}`);
  });
}

/** A status that the contract takes for an error page and nginx does not: 499 is its own. */
function withBadErrorPage(site: NewResource): NewResource {
  if (site.spec?.case !== 'site') return site;
  const errorPages = [{ statuses: [499], body: 'never' }];
  return { ...site, spec: { case: 'site', value: { ...site.spec.value, errorPages } } } as NewResource;
}
