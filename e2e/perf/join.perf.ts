import { newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  agentReleases,
  bootServer,
  closeTestNetwork,
  type OstlerProcess,
  startOstler,
  testNetwork,
  type TestServer,
  waitFor,
  waitForConnected,
} from '../harness';
import { applyText, waitForReady } from '../journeys/journey';
import { atMost, writeSection } from './report';
import { duration } from './statistics';

const MOST_MS = 30_000;
const NAME = 'joiner';

let control: OstlerProcess;
let ostler: Ostler;
let server: TestServer;

beforeAll(async () => {
  const { machineAddress } = await testNetwork();
  const environment = {
    OSTLER_PUBLIC_ADDRESS: machineAddress,
    OSTLER_AGENT_RELEASES: await agentReleases(),
  };
  control = await startOstler({ environment });
  ostler = await control.signIn();
  server = await bootServer({ name: NAME, memoryMiB: 1024 });
  await waitFor('the package is served', async () => {
    const { releases } = await ostler.agentUpdates.listReleases({});
    return releases.length > 0;
  });
});

afterAll(async () => {
  await control?.stop();
  await closeTestNetwork();
  await control?.remove();
});

const site = `
kind: Site
name: first
spec:
  placement: { selector: { role: joiner } }
  domains: [first.test]
  handler: { fixedResponse: { status: 200, body: hello } }
`;

/** Each line that the installer says, with the milliseconds since return was pressed. */
async function pressReturn(command: string): Promise<(said: string) => number> {
  const began = Number(await server.run(['date', '+%s%N']));
  const stamped = `{ ${command}; } 2>&1 | while read -r line; do echo "$(date +%s%N) $line"; done`;
  const output = await server.run(['/bin/bash', '-o', 'pipefail', '-c', stamped], { timeoutMs: 240_000 });
  const lines = output.trim().split('\n');
  return (said) => {
    const line = lines.find((one) => one.includes(said));
    if (!line) throw new Error(`The installer did not say "${said}":\n${output}`);
    return (Number(line.split(' ')[0]) - began) / 1e6;
  };
}

test('a bare server serves soon after return was pressed on the one line', async () => {
  await applyText(ostler, site);
  const wish = { requestId: newRequestId(), labels: { role: 'joiner' } };
  const { command } = await ostler.fleet.createJoinToken(wish);
  const began = performance.now();
  const sinceReturn = () => performance.now() - began;
  const at = await pressReturn(command);
  const endedMs = sinceReturn();
  await waitForConnected(ostler, NAME);
  const connectedMs = sinceReturn();
  await waitForReady(ostler, 'first');
  const readyMs = sinceReturn();
  const [downloadingMs, joinedMs] = [at('downloading'), at('Joined as')];
  writeSection(
    'A bare server joins',
    'Written by `pnpm bench:join`. A freshly booted test server (User Mode Linux, 1 GiB), the one line of the console, ' +
      'and a Site that is placed by a label which the token gives.',
    [
      {
        what: 'from return to Ready',
        measured: duration(readyMs),
        beside: atMost(MOST_MS, readyMs, duration),
      },
      { what: 'installer there, release checked', measured: duration(downloadingMs), beside: '' },
      {
        what: 'package there, checked, unpacked, joined',
        measured: duration(joinedMs - downloadingMs),
        beside: '',
      },
      { what: 'unit started', measured: duration(endedMs - joinedMs), beside: '' },
      { what: 'connected after that', measured: duration(connectedMs - endedMs), beside: '' },
      { what: 'Ready after that', measured: duration(readyMs - connectedMs), beside: '' },
    ],
  );
  expect(readyMs).toBeLessThan(MOST_MS);
});
