import { Operation_State } from '@ostler/contracts';
import { newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Crowd, type CrowdView } from '../crowd/crowd';
import { type OstlerProcess, startOstler, waitFor } from '../harness';
import { changeCrowdSite, crowdLabels } from './crowd-site';
import { memoryOf, processorSeconds, treeOf } from './processes';
import { atMost, type Row, writeSection } from './report';
import { duration, percentile, timeAtRate } from './statistics';

const AGENTS = Number(process.env['OSTLER_BENCH_AGENTS'] ?? 1000);
const CHANGES = 5;
const OPERATIONS = Math.min(200, AGENTS);
const REST_SECONDS = 30;
const READS_PER_SECOND = 20;
const patience = { timeoutMs: 300_000, intervalMs: 100 };

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

test('a crowd joins, takes changes, and comes back after a kill', async () => {
  const joinMs = await timed(() => crowd.join(ostler, serverNames(AGENTS), crowdLabels));
  await crowd.start();
  const connectMs = await until('all are connected', ({ connected }) => connected === AGENTS);
  const changes: number[] = [];
  for (let change = 0; change <= CHANGES; change++) changes.push(await changeAll(`change ${change}`));
  const rest = await atRest();
  const killed = await killAndComeBack();
  writeSection(
    'A crowd of agents',
    `\`pnpm bench:crowd\`. ${AGENTS} simulated agents (the agent's own link: mutual TLS, control and telemetry lanes; nothing behind it) in four processes, on the same processors as the control plane. A change is of one site that every server has: from Apply until every server has stored and acknowledged it and reported it Ready. At the kill -9 of the control plane ${OPERATIONS} operations were under way and every agent had something for its telemetry lane; the control plane was started again at once, as systemd does; times are from the kill.`,
    [
      { what: 'all joined', measured: duration(joinMs), beside: `${AGENTS} keys made, certificates issued` },
      { what: 'all connected', measured: duration(connectMs), beside: '' },
      {
        what: 'a new site to all',
        measured: duration(changes[0]!),
        beside: atMost(5000, changes[0]!, duration),
      },
      {
        what: `a change to all, worst of ${CHANGES}`,
        measured: duration(Math.max(...changes.slice(1))),
        beside: atMost(5000, Math.max(...changes.slice(1)), duration),
      },
      ...killed,
      ...rest,
    ],
  );
});

function serverNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `crowd-${index}`);
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await task();
  return performance.now() - began;
}

function until(what: string, holds: (view: CrowdView) => boolean): Promise<number> {
  return timed(() =>
    waitFor(
      what,
      async () => {
        const view = await crowd.look();
        if (holds(view)) return true;
        throw new Error(JSON.stringify(view));
      },
      patience,
    ),
  );
}

const changeAll = (body: string): Promise<number> =>
  timed(() => changeCrowdSite(ostler, body, AGENTS, patience.timeoutMs));

function controlPlane() {
  const tree = treeOf(control.pid);
  return {
    own: memoryOf(control.pid).residentBytes,
    withDatabase: tree.reduce((sum, pid) => sum + memoryOf(pid).proportionalBytes, 0),
    // Its own: connections of the database that end meanwhile would take their seconds with them.
    seconds: processorSeconds(control.pid),
  };
}

async function atRest(): Promise<Row[]> {
  const before = controlPlane();
  await new Promise((resolve) => setTimeout(resolve, REST_SECONDS * 1000));
  const after = controlPlane();
  const share = (100 * (after.seconds - before.seconds)) / REST_SECONDS;
  return [
    {
      what: 'control plane, resident',
      measured: mebibytes(after.own),
      beside: atMost(900 * 1024 ** 2, after.own, mebibytes),
    },
    { what: 'control plane with its database', measured: mebibytes(after.withDatabase), beside: '' },
    {
      what: 'an agent costs it',
      measured: `${Math.round(after.own / AGENTS / 1024)} KB, ${(share / AGENTS).toFixed(4)} % of a core`,
      beside: `heartbeats only, ${REST_SECONDS} s; ${share.toFixed(1)} % of a core in all`,
    },
  ];
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MB`;

async function killAndComeBack(): Promise<Row[]> {
  // Each agent has run one operation: what it tells afterwards belongs to it.
  const first = await startOperations(AGENTS);
  await ended(first);
  await until('all telemetry is there', ({ quiet }) => quiet === AGENTS);
  const underWay = await startOperations(OPERATIONS);
  const { ports, dataFolder } = control;
  await control.kill();
  const killedAt = performance.now();
  await crowd.speak();
  const telemetry = until('all telemetry is there', ({ quiet }) => quiet === AGENTS);
  const started = startOstler({ ports, dataFolder, environment: { OSTLER_EXAMPLE_SITE: 'off' } });
  const lanes = until('all are connected', ({ connected }) => connected === AGENTS);
  control = await started;
  const startedMs = performance.now() - killedAt;
  ostler = await control.signIn();
  const reads = readWhile(Promise.all([lanes, telemetry]));
  const [lanesMs, telemetryMs] = await Promise.all([lanes, telemetry]);
  const waits = await reads;
  await ended(underWay);
  const { mostEffects } = await crowd.look();
  expect(mostEffects).toBe(1);
  return [
    { what: 'control plane listens again', measured: duration(startedMs), beside: 'kill -9' },
    {
      what: 'control lanes back',
      measured: duration(lanesMs),
      beside: atMost(20_000, lanesMs, duration),
    },
    {
      what: 'telemetry back',
      measured: duration(telemetryMs),
      beside: atMost(40_000, telemetryMs, duration),
    },
    {
      what: `API meanwhile, ${READS_PER_SECOND} Get/s, p99 of ${waits.length}`,
      measured: duration(percentile(waits, 0.99)),
      beside: atMost(500, percentile(waits, 0.99), duration),
    },
    {
      what: 'operations under way at the kill',
      measured: `${underWay.length}, each ended, each took effect at most once`,
      beside: 'none lost: met',
    },
  ];
}

async function startOperations(count: number): Promise<string[]> {
  const uids: string[] = [];
  const waiting = serverNames(count);
  const work = async (): Promise<void> => {
    for (let server = waiting.pop(); server !== undefined; server = waiting.pop()) {
      const { operation } = await ostler.operations.start({
        requestId: newRequestId(),
        server,
        spec: { operation: { case: 'noop', value: {} } },
      });
      uids.push(operation?.uid ?? '');
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return uids;
}

async function ended(uids: readonly string[]): Promise<void> {
  for (const uid of uids) {
    const { operation } = await ostler.operations.wait({ uid, waitSeconds: 60 });
    expect(operation?.state).toBe(Operation_State.SUCCEEDED);
  }
}

/** Reads at a steady rate as long as something lasts, and for 5 s at least. */
async function readWhile(lasting: Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  let isOver = false;
  lasting.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  do {
    samples.push(...(await timeAtRate(READS_PER_SECOND, 5, (index) => readOne(index))));
  } while (!isOver);
  return samples;
}

function readOne(index: number): Promise<unknown> {
  return ostler.fleet.getServer({ name: `crowd-${(index * 37) % AGENTS}` });
}
