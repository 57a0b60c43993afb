import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { type LocalOstler, startWithLocalAgent } from './local-ostler';
import { served } from './page';
import { commandOf, memoryOf, processorSeconds, treeOf } from './processes';
import { atMost, type Row, writeSection } from './report';
import { apply, domainOf, textSite } from './sites';

const SETTLE_SECONDS = 60;
const WATCH_SECONDS = 60;

let control: LocalOstler;

beforeAll(async () => {
  control = await startWithLocalAgent();
  await apply(control.ostler, [textSite('rest', control.server.name, 'rest')]);
  await served({ host: '127.0.0.1', port: control.server.facts!.httpPort }, domainOf('rest'), 'rest');
});

afterAll(() => control?.end());

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MB`;
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
const MEGA = 1024 ** 2;

interface Parts {
  readonly agent: number;
  readonly nginx: readonly number[];
  /** The control plane's own process and its database's. */
  readonly controlPlane: readonly number[];
}

/** Sorts what the control plane started by whose it is. */
function partsOf(root: number): Parts {
  const tree = treeOf(root);
  const agent = tree.find((pid) => commandOf(pid).includes('agent.cjs'));
  expect(agent).toBeDefined();
  const ofAgent = new Set(treeOf(agent!));
  return {
    agent: agent!,
    nginx: [...ofAgent].filter((pid) => pid !== agent),
    controlPlane: tree.filter((pid) => !ofAgent.has(pid)),
  };
}

test('agent and control plane at rest', async () => {
  await sleep(SETTLE_SECONDS * 1000);
  const { agent, controlPlane } = partsOf(control.process.pid);
  const sum = (read: (pid: number) => number) => controlPlane.reduce((total, pid) => total + read(pid), 0);
  const before = { agent: processorSeconds(agent), controlPlane: sum(processorSeconds) };
  const began = performance.now();
  await sleep(WATCH_SECONDS * 1000);
  const seconds = (performance.now() - began) / 1000;
  const cpu = (processorSeconds(agent) - before.agent) / seconds;
  const controlCpu = (sum(processorSeconds) - before.controlPlane) / seconds;
  const memory = memoryOf(agent);
  const whole = sum((pid) => memoryOf(pid).proportionalBytes);
  const main = memoryOf(control.process.pid);
  const rows: Row[] = [
    {
      what: 'agent, resident',
      measured: mebibytes(memory.residentBytes),
      beside: atMost(85 * MEGA, memory.residentBytes, mebibytes),
    },
    {
      what: 'agent, anonymous part of it',
      measured: mebibytes(memory.anonymousBytes),
      beside: atMost(30 * MEGA, memory.anonymousBytes, mebibytes),
    },
    { what: 'agent, share of one core', measured: percent(cpu), beside: atMost(0.003, cpu, percent) },
    {
      what: 'control plane with its database, proportional',
      measured: mebibytes(whole),
      beside: atMost(350 * MEGA, whole, mebibytes),
    },
    {
      what: 'its main process, proportional',
      measured: `${mebibytes(main.proportionalBytes)}, ${mebibytes(main.anonymousBytes)} anonymous`,
      beside: 'part of it',
    },
    {
      what: `its ${controlPlane.length - 1} database processes`,
      measured: mebibytes(whole - main.proportionalBytes),
      beside: 'part of it',
    },
    { what: 'control plane with its database, share of one core', measured: percent(controlCpu), beside: '' },
  ];
  writeSection(
    'At rest',
    `\`pnpm bench:rest\`. One server with one site, all lanes connected, nobody asks for anything. ${SETTLE_SECONDS} s after the site was served, for ${WATCH_SECONDS} s: memory from /proc/PID/smaps_rollup (proportional: shared pages divided among those who share them, so the sum over processes counts each page once), processor time from /proc/PID/stat.`,
    rows,
  );
});
