import { newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { SimulatedAgent } from '../crowd/simulated-agent';
import { joinArguments, type OstlerProcess, startOstler, waitFor } from '../harness';
import { atMost, writeSection } from './report';
import { duration, percentile } from './statistics';

const AGENTS = 300;
const REVOKED = 200;
const AT_ONCE = 4;
const JOINED_AT_ONCE = 20;
const LIMIT_MS = 2000;

let control: OstlerProcess;
let ostler: Ostler;
let agents: SimulatedAgent[] = [];

beforeAll(async () => {
  control = await startOstler();
  ostler = await control.signIn();
  agents = await joinAll();
  await waitFor(
    'every agent is connected',
    () => Promise.resolve(agents.every(({ connected }) => connected)),
    {
      timeoutMs: 120_000,
    },
  );
});

afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await control?.stop();
  await control?.remove();
});

async function joinAll(): Promise<SimulatedAgent[]> {
  const { command } = await ostler.fleet.createJoinToken({ requestId: newRequestId(), maximumUses: AGENTS });
  const words = joinArguments(command);
  const after = (option: string): string => words[words.indexOf(option) + 1] ?? '';
  const joined = Array.from({ length: AGENTS }, (_, index) => new SimulatedAgent(`agent-${index}`));
  for (let first = 0; first < AGENTS; first += JOINED_AT_ONCE) {
    await Promise.all(
      joined.slice(first, first + JOINED_AT_ONCE).map(async (agent) => {
        await agent.join(after('--control'), after('--token'), after('--ca-pin'));
        await agent.start();
      }),
    );
  }
  return joined;
}

/** From asking for it to the end of the agent's lane, as the agent sees it. */
async function revoke(agent: SimulatedAgent): Promise<number> {
  const began = performance.now();
  const asked = ostler.fleet.revokeServer({
    requestId: newRequestId(),
    name: agent.name,
    reason: 'measured',
  });
  while (agent.connected) {
    if (performance.now() - began > 30_000) throw new Error(`${agent.name} is still connected`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const endedMs = performance.now() - began;
  await asked;
  return endedMs;
}

test('the lanes of a revoked server end', async () => {
  const queue = agents.slice(0, REVOKED);
  const samples: number[] = [];
  const worker = async (): Promise<void> => {
    for (let agent = queue.shift(); agent; agent = queue.shift()) samples.push(await revoke(agent));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(agents.slice(REVOKED).every(({ connected }) => connected)).toBe(true);
  const p99 = percentile(samples, 0.99);
  writeSection(
    'A revocation, until the lanes have ended',
    `\`pnpm bench:revocation\`. ${AGENTS} simulated agents with real lanes and certificates; ${REVOKED} of them are revoked, ${AT_ONCE} at a time: from the call of the API to the end of the control lane as its agent sees it. The others stay connected.`,
    [
      {
        what: 'p50',
        measured: duration(percentile(samples, 0.5)),
        beside: atMost(LIMIT_MS, percentile(samples, 0.5), duration),
      },
      { what: 'p99', measured: duration(p99), beside: atMost(LIMIT_MS, p99, duration) },
      { what: 'slowest', measured: duration(Math.max(...samples)), beside: 'of all' },
    ],
  );
});
