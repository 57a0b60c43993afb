import { readdir, readFile } from 'node:fs/promises';

/** Carried by every process of a command or a unit: what started its own group or session is found by it. */
export const TREE_VARIABLE = 'OSTLER_TREE';

const TERM_GRACE_MS = 2000;
const LOOK_MS = 20;

interface ProcessStat {
  readonly groupId: number;
  /** Clock ticks since boot: with the pid it names one process for all time. */
  readonly startTime: string;
}

/** When a process started; undefined when it is gone, or dead and only not yet waited for. */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  return (await statOf(pid))?.startTime;
}

/** Living processes of a group, and those that carry the mark in their environment, however they detached. */
export async function processesOf(groupId: number, mark: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => ((await belongs(pid, groupId, mark)) ? [pid] : [])),
  );
  return found.flat();
}

async function belongs(pid: number, groupId: number, mark: string): Promise<boolean> {
  const stat = await statOf(pid);
  if (!stat) return false;
  if (stat.groupId === groupId) return true;
  // Unreadable: gone meanwhile, or another user's and so not one of ours.
  const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return environment.split('\0').includes(`${TREE_VARIABLE}=${mark}`);
}

async function statOf(pid: number): Promise<ProcessStat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the name in parentheses and may hold anything; the state is the one after it (proc(5)).
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { groupId: Number(fields[2]), startTime: fields[19] ?? '' };
}

/** Ends a group and everything that carries its mark: SIGTERM, 2 s later SIGKILL until nothing is left. */
export async function endTree(groupId: number, mark: string): Promise<void> {
  let signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM';
  const killAt = performance.now() + TERM_GRACE_MS;
  for (let said = ''; ;) {
    const living = await processesOf(groupId, mark);
    if (living.length === 0) return;
    if (performance.now() >= killAt) signal = 'SIGKILL';
    // What was told already has its grace; a process that appeared since is told too.
    const now = `${signal} ${living.join()}`;
    if (now !== said) for (const pid of living) send(pid, signal);
    said = now;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function send(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}
