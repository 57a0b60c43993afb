import type { Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, test } from 'vitest';

import { Crowd } from '../crowd/crowd';
import { type OstlerProcess, startOstler, waitFor } from '../harness';
import { changeCrowdSite, crowdLabels } from './crowd-site';
import { memoryOf, processorSeconds, treeOf } from './processes';
import { writeSection } from './report';
import { duration, percentile, timeAtRate } from './statistics';

const STEPS = [1000, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000, 10_000];
const MOST = Number(process.env['OSTLER_BENCH_MOST'] ?? STEPS.at(-1));
/** What carrying means. Behind a change lies the time in which a person still waits for it. */
const bounds = { connectMs: 120_000, changeMs: 30_000, restSeconds: 60, readP99Ms: 500 };
const READS_PER_SECOND = 20;

interface Carried {
  readonly agents: number;
  readonly connectMs: number;
  readonly changeMs: number;
  readonly readP99Ms: number;
  readonly ownBytes: number;
  readonly withDatabaseBytes: number;
  readonly crowdBytes: number;
  /** Of one core, in hundredths, with heartbeats only. */
  readonly share: number;
}

let control: OstlerProcess;
let ostler: Ostler;
let crowd: Crowd;

beforeAll(async () => {
  control = await startOstler({ environment: { OSTLER_EXAMPLE_SITE: 'off' } });
  ostler = await control.signIn();
  crowd = await Crowd.open();
});

afterAll(async () => {
  await crowd?.close();
  await control?.stop();
  await control?.remove();
});

test('as many agents as this machine carries', { timeout: 3_600_000 }, async () => {
  const carried: Carried[] = [];
  let why = `no more were tried: OSTLER_BENCH_MOST is ${MOST}`;
  let joined = 0;
  for (const agents of STEPS.filter((step) => step <= MOST)) {
    try {
      const names = Array.from({ length: agents - joined }, (_, index) => `crowd-${joined + index}`);
      await crowd.join(ostler, names, crowdLabels);
      joined = agents;
      carried.push(await carry(agents));
    } catch (error) {
      why = `${agents}: ${(error as Error).message.split('\n')[0]}`;
      break;
    }
  }
  report(carried, why);
});

/** @throws what the machine does not carry, in words. */
async function carry(agents: number): Promise<Carried> {
  const connectMs = await timed(async () => {
    await crowd.start();
    await allConnected(agents, bounds.connectMs);
  });
  const changeMs = await timed(() => changeCrowdSite(ostler, `for ${agents}`, agents, bounds.changeMs));
  const before = processorSeconds(control.pid);
  const waits = await timeAtRate(READS_PER_SECOND, bounds.restSeconds, (index) =>
    ostler.fleet.getServer({ name: `crowd-${(index * 37) % agents}` }),
  );
  const share = (100 * (processorSeconds(control.pid) - before)) / bounds.restSeconds;
  const readP99Ms = percentile(waits, 0.99);
  if (readP99Ms > bounds.readP99Ms) throw new Error(`reads have a p99 of ${duration(readP99Ms)} at rest`);
  // Whoever was lost meanwhile is being dialled for again.
  await allConnected(agents, 1000);
  return { agents, connectMs, changeMs, readP99Ms, share, ...memory() };
}

function allConnected(agents: number, timeoutMs: number): Promise<void> {
  return waitFor(
    'all are connected',
    async () => {
      const { connected } = await crowd.look();
      if (connected === agents) return true;
      throw new Error(`${connected} of ${agents} are connected`);
    },
    { timeoutMs, intervalMs: 200 },
  );
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await task();
  return performance.now() - began;
}

function memory(): Pick<Carried, 'ownBytes' | 'withDatabaseBytes' | 'crowdBytes'> {
  const sum = (pids: readonly number[]): number =>
    pids.reduce((total, pid) => total + memoryOf(pid).proportionalBytes, 0);
  return {
    ownBytes: memoryOf(control.pid).residentBytes,
    withDatabaseBytes: sum(treeOf(control.pid)),
    crowdBytes: sum(crowd.pids),
  };
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MB`;

function report(carried: readonly Carried[], why: string): void {
  const last = carried.at(-1);
  writeSection(
    'As many agents as this machine carries',
    `\`pnpm bench:crowd-most\`. Simulated agents as in the section before, more and more of them, on the same processors as the control plane. Carried are those that all connect within ${duration(bounds.connectMs)}, all have a change within ${duration(bounds.changeMs)}, and stay connected for ${bounds.restSeconds} s in which ${READS_PER_SECOND} Get/s have a p99 of at most ${duration(bounds.readP99Ms)}.`,
    [
      { what: 'carried', measured: `${last?.agents ?? 0} agents`, beside: `not carried: ${why}` },
      ...carried.map((step) => ({
        what: `with ${step.agents}`,
        measured: `connected in ${duration(step.connectMs)}, a change to all in ${duration(step.changeMs)}, reads p99 ${duration(step.readP99Ms)}`,
        beside: `control plane ${mebibytes(step.ownBytes)} (${mebibytes(step.withDatabaseBytes)} with its database), ${step.share.toFixed(1)} % of a core; the agents ${mebibytes(step.crowdBytes)}`,
      })),
      ...(last ? [perAgent(last)] : []),
    ],
  );
}

function perAgent({ agents, ownBytes, share }: Carried) {
  const kilobytes = Math.round(ownBytes / agents / 1024);
  return {
    what: 'an agent costs the control plane',
    measured: `${kilobytes} KB, ${(share / agents).toFixed(4)} % of a core`,
    beside: 'its memory and its time, divided; reads among them',
  };
}
