import { existsSync } from 'node:fs';

import { systemClock } from '@ostler/kernel';
import { FakeClock } from '@ostler/test-kit';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { superviseLocalAgent } from './local-agent';
import type { LocalAgent } from './local-agent';

let lines: string[];
let agents: LocalAgent[];

beforeEach(() => {
  lines = [];
  agents = [];
});

afterEach(() => Promise.all(agents.map((agent) => agent.stop())));

function supervise(script: string, clock = systemClock): LocalAgent {
  const write = (line: string) => void lines.push(line);
  const command = [process.execPath, '-e', script] as const;
  const agent = superviseLocalAgent({
    command: [...command],
    env: {},
    log: { info: write, warn: write },
    clock,
  });
  agents.push(agent);
  return agent;
}

const printPid = 'console.log(`pid ${process.pid}`);';
const wait = 'setInterval(() => undefined, 1000);';
const pids = () => lines.flatMap((line) => /^local agent: pid (\d+)$/.exec(line)?.[1] ?? []).map(Number);
const isAlive = (pid: number | undefined) => existsSync(`/proc/${pid}/exe`);

it('passes on what the agent says and ends it at stop', async () => {
  const agent = supervise(`${printPid} ${wait}`);
  await vi.waitFor(() => expect(pids()).toHaveLength(1));
  expect(agent.state()).toBe('running');
  await agent.stop();
  expect(agent.state()).toBe('stopped');
  expect(isAlive(pids()[0])).toBe(false);
});

it('starts it again after a pause when it ends by itself', async () => {
  const clock = new FakeClock();
  const agent = supervise(`${printPid} process.exit(1);`, clock);
  await vi.waitFor(() => expect(agent.state()).toBe('waiting'));
  await vi.waitFor(() => expect(lines.at(-1)).toMatch(/ended \(code 1\); starting it again/));
  await clock.advance(1_000);
  await vi.waitFor(() => expect(pids()).toHaveLength(2));
});

it('starts none beside an installed agent, and says so', async () => {
  const agent = supervise('process.exit(73)');
  await vi.waitFor(() => expect(agent.state()).toBe('elsewhere'));
  expect(lines).toEqual(['An installed agent serves this machine; no local one is started.']);
});

it('says why when the program is not there', async () => {
  const write = (line: string) => void lines.push(line);
  const options = { command: ['/nowhere/agent'] as [string], env: {}, log: { info: write, warn: write } };
  const agent = superviseLocalAgent({ ...options, clock: systemClock });
  agents.push(agent);
  await vi.waitFor(() => expect(lines.some((line) => line.includes('/nowhere/agent'))).toBe(true));
  expect(agent.state()).toBe('waiting');
});

it('leaves no child of the agent behind', async () => {
  const child = `const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', '${wait}']); console.log('pid ' + child.pid);`;
  const agent = supervise(`${child} ${wait}`);
  await vi.waitFor(() => expect(pids()).toHaveLength(1));
  await agent.stop();
  await vi.waitFor(() => expect(isAlive(pids()[0])).toBe(false));
});
