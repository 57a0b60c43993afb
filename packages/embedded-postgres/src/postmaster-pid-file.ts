import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What a server says of itself in `postmaster.pid` (PostgreSQL, src/include/utils/pidfile.h). */
export interface PostmasterPidFile {
  readonly pid: number;
  readonly port: number | undefined;
  readonly status: 'starting' | 'ready' | 'stopping' | 'standby' | undefined;
}

const statuses = ['starting', 'ready', 'stopping', 'standby'] as const;

/** Reads the file of a cluster; undefined when there is none or its first line is no process id yet. */
export async function readPostmasterPidFile(cluster: string): Promise<PostmasterPidFile | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parsePostmasterPidFile(text);
}

/** Only for a cluster that no process works on. */
export async function removePostmasterPidFile(cluster: string): Promise<void> {
  await rm(join(cluster, 'postmaster.pid'), { force: true });
}

export function parsePostmasterPidFile(text: string): PostmasterPidFile | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = positiveInteger(lines[0]);
  if (pid === undefined) return undefined;
  return { pid, port: positiveInteger(lines[3]), status: statuses.find((status) => status === lines[7]) };
}

function positiveInteger(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : undefined;
}
