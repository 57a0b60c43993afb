import { Kind } from '@ostler/contracts';
import type { Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type OstlerProcess, startOstler, waitFor } from '../harness';
import { processorSeconds, treeOf } from './processes';
import { joinSleepingServers } from './sleeping-servers';
import { atMost, type Row, writeSection } from './report';
import { apply, textSite } from './sites';
import { duration, percentile, timeAtRate } from './statistics';

const SERVERS = ['read-1', 'read-2', 'read-3', 'read-4'];
const SITES = 10_000;
const PER_CALL = 500;
const PER_SECOND = 200;
const SECONDS = 10;
const PAGE = 100;
const CHANGES_PER_SECOND = 5;

let control: OstlerProcess;
let ostler: Ostler;
/** Tokens that lead into the depth of the list, besides its begin. */
let pageTokens: string[];

beforeAll(async () => {
  control = await startOstler();
  ostler = await control.signIn();
  await joinSleepingServers(ostler, SERVERS);
  for (let first = 0; first < SITES; first += PER_CALL) {
    const numbers = Array.from({ length: PER_CALL }, (_, index) => first + index);
    await apply(
      ostler,
      numbers.map((number) => textSite(nameOf(number), SERVERS[number % SERVERS.length]!, `page ${number}`)),
    );
  }
  pageTokens = await walk();
  await settled();
}, 600_000);

afterAll(async () => {
  await control?.stop();
  await control?.remove();
});

/** What 10,000 changes left to do (manifests, statistics) is done: reads are measured, not that. */
async function settled(): Promise<void> {
  const seconds = (): number => treeOf(control.pid).reduce((sum, pid) => sum + processorSeconds(pid), 0);
  let before = seconds();
  let quietLooks = 0;
  await waitFor(
    'the control plane rests',
    () => {
      const used = seconds() - before;
      before += used;
      quietLooks = used < 0.1 ? quietLooks + 1 : 0;
      return quietLooks > 2;
    },
    { intervalMs: 2000, timeoutMs: 300_000 },
  );
}

const nameOf = (number: number): string => `site-${number}`;

async function walk(): Promise<string[]> {
  const tokens = [''];
  let resources = 0;
  for (let pageToken = ''; ;) {
    const page = await ostler.resources.list({ kind: Kind.SITE, pageSize: PAGE, pageToken });
    resources += page.resources.length;
    pageToken = page.nextPageToken;
    if (pageToken === '') break;
    tokens.push(pageToken);
  }
  expect(resources).toBe(SITES);
  return tokens;
}

/** Spreads the calls over all resources, the same way in every run. */
const spread = (index: number, count: number): number => (index * 7919) % count;

async function get(index: number): Promise<void> {
  const { resource } = await ostler.resources.get({ kind: Kind.SITE, name: nameOf(spread(index, SITES)) });
  expect(resource?.spec.case).toBe('site');
}

async function list(index: number): Promise<void> {
  const pageToken = pageTokens[spread(index, pageTokens.length)]!;
  const { resources } = await ostler.resources.list({ kind: Kind.SITE, pageSize: PAGE, pageToken });
  expect(resources).toHaveLength(PAGE);
}

/** One site gets another text. */
function change(index: number): Promise<void> {
  const number = spread(index, SITES);
  return apply(ostler, [textSite(nameOf(number), SERVERS[number % SERVERS.length]!, `change ${index}`)]);
}

const mixed = (index: number): Promise<void> => (index % 10 < 8 ? get(index) : list(index));

/** An overloaded control plane refuses some; a refused read is told, and its time counts too. */
async function measure(what: string, task: (index: number) => Promise<void>): Promise<Row> {
  let refused = 0;
  const counted = (index: number): Promise<void> => task(index).catch(() => void (refused += 1));
  await timeAtRate(PER_SECOND / 4, 4, task);
  const samples = await timeAtRate(PER_SECOND, SECONDS, counted);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((fraction) => percentile(samples, fraction));
  return {
    what,
    measured: `p50 ${duration(p50!)}, p95 ${duration(p95!)}, p99 ${duration(p99!)}, ${refused} refused`,
    beside: `p95 ${atMost(20, p95!, duration)}`,
  };
}

test('reads stay fast with many resources', async () => {
  const rows = [
    await measure('Get', get),
    await measure('8 of 10 Get, 2 of 10 List', mixed),
    await measure(`List, a page of ${PAGE} anywhere in the list`, list),
  ];
  const [whileChanging] = await Promise.all([
    measure(`the mixture, while ${CHANGES_PER_SECOND} sites/s change`, mixed),
    timeAtRate(CHANGES_PER_SECOND, SECONDS, change),
  ]);
  rows.push(whileChanging);
  writeSection(
    'Reads of the API',
    `\`pnpm bench:reads\`. ${SITES} sites on ${SERVERS.length} servers (that joined and are not connected), ${PER_SECOND} requests/s for ${SECONDS} s each, whether or not earlier ones were answered. Times are those of the client, which shares the machine, and run from when a request was due. It begins when the control plane has done what the changes before left to do, and has read every page once: it keeps what it has read of a version.`,
    rows,
  );
});
