import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * True when that process works on that cluster. A server and all its children have the cluster as working
 * folder, so a process id that was given to another program since is not taken for ours.
 */
export async function isProcessOf(cluster: string, pid: number): Promise<boolean> {
  return (await readlink(`/proc/${pid}/cwd`).catch(() => undefined)) === cluster;
}

async function processesOf(cluster: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  const ours = await Promise.all(pids.map((pid) => isProcessOf(cluster, pid)));
  return pids.filter((_, index) => ours[index]);
}

/**
 * Ends what a killed postmaster left behind. Its children notice only when they next wait; a second server
 * beside them would damage the cluster, and PostgreSQL itself only refuses to start while they are there.
 */
export async function endOrphans(cluster: string): Promise<void> {
  const patience = 5_000;
  const start = Date.now();
  for (let orphans = await processesOf(cluster); orphans.length > 0; orphans = await processesOf(cluster)) {
    const signal = Date.now() - start < patience ? 'SIGQUIT' : 'SIGKILL';
    for (const pid of orphans) sendSignal(pid, signal);
    await pause(25);
  }
}

/** Sends a signal; a process that is gone already is as good. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
