import { Kind, Role } from '@ostler/contracts';
import { newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Consoles } from '../consoles/consoles';
import { type OstlerProcess, startOstler, waitFor } from '../harness';
import { memoryOf, processorSeconds, treeOf } from './processes';
import { atMost, type Row, writeSection } from './report';
import { apply, textSite } from './sites';
import { joinSleepingServers } from './sleeping-servers';
import { duration, percentile, timeAtRate } from './statistics';

const CONSOLES = Number(process.env['OSTLER_BENCH_CONSOLES'] ?? 100);
const SITES = Number(process.env['OSTLER_BENCH_SITES'] ?? 2000);
const PER_CALL = 500;
const READS_PER_SECOND = 20;
const CHANGES_PER_SECOND = 2;
const SECONDS = 20;
const SERVER = 'consoles-1';
const MIB = 1024 ** 2;

let control: OstlerProcess;
let ostler: Ostler;
let consoles: Consoles;

beforeAll(async () => {
  control = await startOstler({ environment: { OSTLER_EXAMPLE_SITE: 'off' } });
  ostler = await control.signIn();
  await joinSleepingServers(ostler, [SERVER]);
  for (let first = 0; first < SITES; first += PER_CALL) {
    const numbers = Array.from({ length: Math.min(PER_CALL, SITES - first) }, (_, index) => first + index);
    await apply(
      ostler,
      numbers.map((number) => textSite(`site-${number}`, SERVER, 'first')),
    );
  }
  consoles = await Consoles.start();
}, 600_000);

afterAll(async () => {
  await consoles?.close();
  await control?.stop();
  await control?.remove();
});

/** All processes of the control plane, its database included; pages that are shared count once. */
const memory = (): number =>
  treeOf(control.pid).reduce((sum, pid) => sum + memoryOf(pid).proportionalBytes, 0);

/** Seconds of processor time that all of them have used. */
const processor = (): number => treeOf(control.pid).reduce((sum, pid) => sum + processorSeconds(pid), 0);

const rest = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

async function openAll(): Promise<number> {
  const { token } = await ostler.identity.createApiToken({
    requestId: newRequestId(),
    name: 'consoles',
    role: Role.VIEWER,
    lifetimeDays: 1,
  });
  const began = performance.now();
  const url = `${control.url.replace('http', 'ws')}/api/socket`;
  await consoles.open(CONSOLES, url, token);
  await waitFor('every console is live', async () => {
    const { live, ended } = await consoles.look();
    expect(ended).toEqual([]);
    return live === CONSOLES;
  }, { timeoutMs: 300_000, intervalMs: 100 }); // prettier-ignore
  return performance.now() - began;
}

const change = (number: number): Promise<void> =>
  apply(ostler, [textSite(`site-${number % SITES}`, SERVER, `change ${number}`)]);

const get = async (index: number): Promise<void> => {
  const name = `site-${(index * 7919) % SITES}`;
  const { resource } = await ostler.resources.get({ kind: Kind.SITE, name });
  expect(resource?.spec.case).toBe('site');
};

/** From the call of Apply until the last console has heard of it. */
async function toEveryConsole(number: number): Promise<number> {
  const before = (await consoles.look()).messages;
  const began = performance.timeOrigin + performance.now();
  await change(number);
  let lastAtMs = 0;
  await waitFor('every console has heard of it', async () => {
    const view = await consoles.look();
    lastAtMs = view.lastAtMs;
    return view.messages >= before + CONSOLES;
  }, { intervalMs: 10 }); // prettier-ignore
  return lastAtMs - began;
}

test('a hundred consoles cost little, and the API stays fast', async () => {
  const alone = percentile(await timeAtRate(READS_PER_SECOND, 5, get), 0.95);
  const before = memory();
  const openMs = await openAll();
  await rest(10_000);
  const atRest = (memory() - before) / CONSOLES;
  let number = 0;
  const usedBefore = processor();
  const began = performance.now();
  const changing = timeAtRate(CHANGES_PER_SECOND, SECONDS, () => change(number++));
  const reads = percentile(await timeAtRate(READS_PER_SECOND, SECONDS, get), 0.95);
  await changing;
  const share = (100 * 1000 * (processor() - usedBefore)) / (performance.now() - began);
  const heard: number[] = [];
  for (let round = 0; round < 20; round++) heard.push(await toEveryConsole(number++));
  await rest(10_000);
  const afterwards = (memory() - before) / CONSOLES;
  expect((await consoles.look()).ended).toEqual([]);
  const mib = (bytes: number): string => `${(bytes / MIB).toFixed(2)} MiB`;
  const rows: Row[] = [
    { what: 'all live', measured: duration(openMs), beside: `${SITES} sites to each` },
    { what: 'API (Get), p95', measured: duration(reads), beside: atMost(20, reads, duration) },
    { what: 'API (Get) before, no console open, p95', measured: duration(alone), beside: 'same run' },
    {
      what: 'control plane with its database meanwhile, share of one core',
      measured: `${share.toFixed(0)} %`,
      beside: '',
    },
    { what: 'memory of a console, at rest', measured: mib(atRest), beside: atMost(3 * MIB, atRest, mib) },
    {
      what: 'memory of a console, after the changes',
      measured: mib(afterwards),
      beside: atMost(3 * MIB, afterwards, mib),
    },
    {
      what: 'a change until the last console has heard of it, p95',
      measured: duration(percentile(heard, 0.95)),
      beside: '',
    },
  ];
  writeSection(
    'A hundred consoles',
    `\`pnpm bench:consoles\`. ${CONSOLES} consoles, each with a WebSocket of its own that watches everything (${SITES} sites), in a process beside the control plane on the same processors. ${READS_PER_SECOND} Gets and ${CHANGES_PER_SECOND} changes a second for ${SECONDS} s; times run from when a call was due. Memory is what all processes of the control plane use more than before the consoles came, 10 s after the last call, divided by the consoles.`,
    rows,
  );
}, 900_000);
