import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runProgram } from './machine/program';
import { claimRun } from './run-claim';
import { reapRun } from './run-reaper';
import { TestNetwork } from './test-network';

const CHANNEL_PORT = 1023;

let network: TestNetwork;
let inside: ChildProcess;

beforeEach(async () => {
  network = await TestNetwork.create(CHANNEL_PORT);
  inside = network.spawn(['sleep', '1000'], { detached: true });
  await once(inside, 'spawn');
});

afterEach(() => network.close());

async function remains(): Promise<{ folder: boolean; namespace: boolean; link: boolean }> {
  const folder = await access(network.folder).then(
    () => true,
    () => false,
  );
  const namespaces = await runProgram(['/usr/sbin/ip', 'netns', 'list']);
  const links = await runProgram(['/usr/sbin/ip', '-brief', 'link']);
  return { folder, namespace: namespaces.includes(network.runId), link: links.includes(network.runId) };
}

const NOTHING = { folder: false, namespace: false, link: false };

test('everything of a run goes when the end of its owner closes the pipe', async () => {
  expect(await remains()).toEqual({ folder: true, namespace: true, link: true });
  const killed = once(inside, 'exit');
  const reaper = spawn(process.execPath, [join(import.meta.dirname, 'run-reaper.ts'), network.folder]);
  reaper.stdin.end();
  expect(await once(reaper, 'exit')).toEqual([0, null]);
  expect(await killed).toEqual([null, 'SIGKILL']);
  expect(await remains()).toEqual(NOTHING);
});

test('a run whose owner and reaper are both dead is reaped by the next claim, a living one is left alone', async () => {
  const living = await TestNetwork.create(CHANNEL_PORT);
  const path = join(network.folder, 'run.json');
  const record = JSON.parse(await readFile(path, 'utf8')) as { ownerStartTicks: number };
  // The same process id with another start is another process.
  await writeFile(path, JSON.stringify({ ...record, ownerStartTicks: record.ownerStartTicks - 1 }));
  const killed = once(inside, 'exit');
  const claimed = await claimRun();
  expect(await killed).toEqual([null, 'SIGKILL']);
  expect(await remains()).toEqual(NOTHING);
  await access(living.folder);
  expect(living.address).not.toBe(network.address);
  await Promise.all([living.close(), reapRun(claimed.folder)]);
});
