import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { newRequestId, type Ostler } from '@ostler/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type AgentImage, makeAgentImage } from '../../deploy/agent/make-image';
import { makeAgentPackage } from '../../deploy/agent/make-package';
import { joinArguments, type OstlerProcess, startOstler, waitFor, waitForConnected } from '../harness';
import { runProgram } from '../harness/machine/program';

// The image of the agent as the root of namespaces of its own, as a container engine starts it, on this machine.

const NAME = 'boxed';
let control: OstlerProcess;
let ostler: Ostler;
let output: string;
let image: AgentImage;
let settings: Record<string, string>;
let box: ChildProcess | undefined;
let said = '';

beforeAll(async () => {
  output = await mkdtemp(join(tmpdir(), 'ostler-container-'));
  image = await makeAgentImage(output, await makeAgentPackage(output));
  await mkdir(join(output, 'tree'));
  await runProgram(['/bin/tar', '-xf', image.rootArchive, '-C', join(output, 'tree')]);
  control = await startOstler({ environment: { OSTLER_PUBLIC_ADDRESS: '127.0.0.1' } });
  ostler = await control.signIn();
  const { command } = await ostler.fleet.createJoinToken({ requestId: newRequestId() });
  const words = joinArguments(command);
  const after = (option: string): string => words[words.indexOf(option) + 1] ?? '';
  settings = {
    OSTLER_CONTROL_URL: after('--control'),
    OSTLER_LISTENER_PIN: after('--listener-pin'),
    OSTLER_JOIN_TOKEN: after('--token'),
    OSTLER_CA_PIN: after('--ca-pin'),
    OSTLER_SERVER_NAME: NAME,
  };
});

afterAll(async () => {
  await stop();
  await control?.stop();
  await control?.remove();
  await rm(output, { recursive: true });
});

function start(): void {
  said = '';
  const apart = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', `--root=${output}/tree`];
  box = spawn('/usr/bin/unshare', [...apart, '--', ...image.entrypoint], { env: settings });
  for (const stream of [box.stdout, box.stderr]) stream?.on('data', (piece) => (said += String(piece)));
}

/** As `docker kill`. */
async function stop(): Promise<void> {
  if (!box || box.exitCode !== null || box.signalCode !== null) return;
  const ended = once(box, 'exit');
  box.kill('SIGKILL');
  await ended;
}

test('it joins by its settings, and says of what it cannot do there why', async () => {
  start();
  await waitForConnected(ostler, NAME).catch((cause: unknown) => {
    throw new Error(said, { cause });
  });
  const { server } = await ostler.fleet.getServer({ name: NAME });
  for (const missing of ['systemd', 'nginx', 'apt', 'self-update']) {
    const found = server!.capabilities.find(({ name }) => name === missing);
    expect([missing, found?.available, found?.detail]).toEqual([
      missing,
      false,
      expect.stringMatching(/\w{4}/),
    ]);
  }
});

test('started again, it is the same server by its volume, though the token was for one', async () => {
  await stop();
  start();
  await waitFor('it is connected again', () => said.includes('connected to the control plane'));
  expect((await ostler.fleet.listServers({})).servers.map(({ name }) => name)).toEqual([NAME]);
});
