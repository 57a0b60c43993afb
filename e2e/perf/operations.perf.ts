import { Operation_State, Server_State } from '@ostler/contracts';
import { type Ostler, runOperation } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { timeFdatasync } from './disk';
import { startWithLocalAgent, type LocalOstler } from './local-ostler';
import { atMost, writeSection } from './report';
import { startSshPeer, type SshPeer } from './ssh-peer';
import { duration, percentile, timeEach } from './statistics';

const WARM_UP = 50;
const COUNT = 500;
const SSH_COUNT = 100;

let control: LocalOstler;
let peer: SshPeer;

beforeAll(async () => {
  control = await startWithLocalAgent();
  peer = await startSshPeer();
});

afterAll(async () => {
  await peer?.stop();
  await control?.end();
});

/** What a person or script does: starts it, and waits for its end. */
async function runNoop(ostler: Ostler, server: string): Promise<void> {
  const spec = { operation: { case: 'noop' as const, value: {} } };
  const { state } = await runOperation(ostler, { server, spec });
  expect(state).toBe(Operation_State.SUCCEEDED);
}

test('a no-op operation goes through API, control plane and agent and back', async () => {
  const { ostler, server } = control;
  expect(server.state).toBe(Server_State.CONNECTED);
  await timeEach(WARM_UP, () => runNoop(ostler, server.name));
  const disk = await timeFdatasync(control.dataFolder, 300);
  const noop = await timeEach(COUNT, () => runNoop(ostler, server.name));
  const whoAmI = await timeEach(200, () => ostler.identity.whoAmI({}));
  await timeEach(5, peer.warm);
  const warm = await timeEach(SSH_COUNT, peer.warm);
  const cold = await timeEach(SSH_COUNT, peer.cold);
  const both = (samples: readonly number[]) =>
    `p50 ${duration(percentile(samples, 0.5))}, p99 ${duration(percentile(samples, 0.99))}`;
  writeSection(
    'An operation, there and back',
    `\`pnpm bench:operations\`. A no-op operation, ${COUNT} times one after another: one call of Start over HTTP that waits for the end, stored, journalled by the agent, answered, stored again, fsync on at both ends. Beside it \`ssh server true\` on loopback, ${SSH_COUNT} times each.`,
    [
      {
        what: 'no-op, p50',
        measured: duration(percentile(noop, 0.5)),
        beside: atMost(10, percentile(noop, 0.5), duration),
      },
      {
        what: 'no-op, p99',
        measured: duration(percentile(noop, 0.99)),
        beside: atMost(50, percentile(noop, 0.99), duration),
      },
      { what: 'ssh over a warm ControlMaster', measured: both(warm), beside: 'peer' },
      { what: 'ssh, a connection of its own', measured: both(cold), beside: 'peer' },
      { what: 'one call of the API (WhoAmI)', measured: both(whoAmI), beside: 'part of it' },
      { what: 'a page and fdatasync on the same disk', measured: both(disk), beside: 'part of it' },
    ],
  );
});
