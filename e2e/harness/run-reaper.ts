// Ends what a test run left: processes, network namespace, folder. It is imported by the harness, and it is
// also a program of its own (`node run-reaper.ts FOLDER`) that outlives the test process: it waits for the end of its
// stdin, which the kernel brings about however the test process dies. So it imports nothing but Node itself.
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const IP = '/usr/sbin/ip';
const KILL_POLL_MILLISECONDS = 10;

/** Written as run.json into the run's folder before anything of the run exists. */
export interface RunRecord {
  /** Names all that belongs to the run; never used twice. */
  readonly id: string;
  /** Decides the addresses; free again when the run's folder is gone. */
  readonly slot: number;
  readonly namespace: string;
  /** The machine's end of the pair of links into the namespace. */
  readonly machineLink: string;
  readonly ownerPid: number;
  /** Clock ticks since boot at which the owner started: a process id alone may be another process by now. */
  readonly ownerStartTicks: number;
}

async function ip(...args: string[]): Promise<string> {
  return (await promisify(execFile)(IP, args)).stdout;
}

/** Sends SIGKILL until nobody is listed any more; a killed process stays listed until the kernel is done with it. */
export async function killUntilNone(listPids: () => Promise<number[]>): Promise<void> {
  for (;;) {
    const pids = await listPids();
    if (pids.length === 0) return;
    for (const pid of pids) killQuietly(pid);
    await delay(KILL_POLL_MILLISECONDS);
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the listing and the signal.
  }
}

async function listNamespacePids(namespace: string): Promise<number[]> {
  // A namespace that is gone has no processes.
  const listing = await ip('netns', 'pids', namespace).catch(() => '');
  return listing.split('\n').filter(Boolean).map(Number);
}

/** Safe to run again and by two at once: everything is named by the run's own id. */
export async function reapRun(folder: string): Promise<void> {
  const text = await readFile(join(folder, 'run.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const run = JSON.parse(text) as RunRecord;
  await killUntilNone(() => listNamespacePids(run.namespace));
  // The namespace's own links go some time after it; the link takes the machine's routes with it at once.
  await ip('link', 'delete', run.machineLink).catch(() => '');
  await ip('netns', 'delete', run.namespace).catch(() => '');
  await rm(folder, { recursive: true, force: true });
}

if (import.meta.main) {
  const [, , folder = ''] = process.argv;
  process.stdin.resume().once('close', () => void reapRun(folder));
}
