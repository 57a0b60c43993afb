import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { NginxProcesses } from './port';

/** Reads a pid file and makes sure that an nginx master of this configuration still has that number. */
export async function readProcesses(pidPath: string, titleHas: string): Promise<NginxProcesses | undefined> {
  const masterPid = Number.parseInt(textOf(pidPath), 10);
  if (!Number.isInteger(masterPid) || masterPid <= 1) return undefined;
  const title = titleOf(masterPid);
  if (!title.startsWith('nginx: master process') || !title.includes(titleHas)) return undefined;
  const workerPids: number[] = [];
  for (const pid of await childrenOf(masterPid)) {
    if (titleOf(pid) === 'nginx: worker process') workerPids.push(pid);
  }
  return { masterPid, workerPids };
}

/** Every process of this master, workers that are shutting down included. */
export async function childrenOf(pid: number): Promise<number[]> {
  const listed = textOf(`/proc/${pid}/task/${pid}/children`);
  if (listed !== '') return listed.trim().split(' ').map(Number);
  // Not every kernel has the list: then every process is asked for its parent.
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const parents = pids.map((name) => [Number(name), parentOf(name)] as const);
  return parents.filter(([, parent]) => parent === pid).map(([child]) => child);
}

/** Sends a signal; false when there is no such process any more. */
export function signal(pid: number, name: 'SIGHUP' | 'SIGUSR1' | 'SIGTERM' | 'SIGKILL' | 'SIGQUIT'): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Soft limit of open files. */
export async function openFilesLimit(pid: number): Promise<number | undefined> {
  const [, soft] = /^Max open files\s+(\S+)/m.exec(textOf(`/proc/${pid}/limits`)) ?? [];
  if (soft === 'unlimited') return Number.MAX_SAFE_INTEGER;
  return soft === undefined ? undefined : Number(soft);
}

function titleOf(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

function parentOf(pid: string): number {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name in brackets may hold anything: the fields begin behind its last bracket.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/**
 * At once: what the kernel makes up is there without a disk, and a file read by the pool of threads costs five rounds
 * through it, which a reload is watched with many times a second.
 */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
