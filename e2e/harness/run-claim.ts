import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFileLock } from './machine/file-lock';
import { reapRun, type RunRecord } from './run-reaper';

/** What all test runs of this machine share. Owned by root, so that nobody else can put anything there. */
export const RUNS_FOLDER = '/var/lib/ostler-e2e';
const SLOTS = 200;

export interface ClaimedRun extends RunRecord {
  readonly folder: string;
}

/**
 * Takes a slot (and so a range of addresses) for this process, and starts a reaper that gives everything back
 * when this process ends. Runs whose owner is dead and whose reaper died too are reaped here.
 */
export async function claimRun(): Promise<ClaimedRun> {
  await mkdir(RUNS_FOLDER, { recursive: true, mode: 0o700 });
  return withFileLock(join(RUNS_FOLDER, 'lock'), async () => {
    const taken = await reapLeftovers();
    const slot = Array.from({ length: SLOTS }, (_, index) => index).find((index) => !taken.has(index));
    if (slot === undefined) throw new Error(`${SLOTS} test runs at once: no addresses are left`);
    const run = await writeRun(slot);
    startReaper(run.folder);
    return run;
  });
}

async function writeRun(slot: number): Promise<ClaimedRun> {
  const id = randomBytes(4).toString('hex');
  const ownerStartTicks = await readStartTicks(process.pid);
  if (ownerStartTicks === undefined) throw new Error('/proc does not show this process');
  const record: RunRecord = {
    id,
    slot,
    namespace: `ostler-${id}`,
    machineLink: `ostler-${id}`,
    ownerPid: process.pid,
    ownerStartTicks,
  };
  const folder = join(RUNS_FOLDER, id);
  await mkdir(folder, { mode: 0o700 });
  await writeFile(join(folder, 'run.json'), JSON.stringify(record));
  return { ...record, folder };
}

/** Returns the slots of the runs that live. Only called under the lock. */
async function reapLeftovers(): Promise<Set<number>> {
  const taken = new Set<number>();
  for (const entry of await readdir(RUNS_FOLDER, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const folder = join(RUNS_FOLDER, entry.name);
    const run = await readRun(folder);
    if (run === undefined) await rm(folder, { recursive: true, force: true });
    else if ((await readStartTicks(run.ownerPid)) === run.ownerStartTicks) taken.add(run.slot);
    else await reapRun(folder);
  }
  return taken;
}

async function readRun(folder: string): Promise<RunRecord | undefined> {
  const text = await readFile(join(folder, 'run.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as RunRecord);
}

async function readStartTicks(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the program's name in brackets and may hold anything; the 22nd is the start.
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

function startReaper(folder: string): void {
  const reaper = spawn(process.execPath, [join(import.meta.dirname, 'run-reaper.ts'), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.unref();
  // An open pipe would keep this process alive; it still closes when the process ends.
  (reaper.stdin as unknown as { unref(): void }).unref();
}
