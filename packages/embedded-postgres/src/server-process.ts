import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { open, rename, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import type { PostgresBinaries } from './binaries';
import { asUser } from './cluster';
import { isProcessOf, sendSignal } from './cluster-processes';
import type { DatabaseUser } from './database-user';
import type { DatabaseFolders } from './folders';
import { readPostmasterPidFile } from './postmaster-pid-file';
import type { SupervisorLog } from './types';

const readyPollMilliseconds = 5;
const adoptedPollMilliseconds = 250;
const reminderMilliseconds = 10_000;
const serverLogLimitBytes = 8 * 1024 * 1024;

/** Everything that is the same for each start of one cluster's server. */
export interface ServerPlan {
  readonly binaries: PostgresBinaries;
  readonly folders: DatabaseFolders;
  readonly user: DatabaseUser;
  readonly settings: Readonly<Record<string, string>>;
  readonly log: SupervisorLog;
  /** Opens a connection with our password and closes it. */
  readonly greet: (port: number) => Promise<void>;
}

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  /** Settles when the process is gone, with a sentence that says how it ended. */
  readonly ended: Promise<string>;
}

// Small enough for the promise of 350 MB for control plane and database at rest. What concerns durability
// (fsync, full_page_writes, synchronous_commit) stays at PostgreSQL's safe defaults.
const defaultSettings = {
  max_connections: '100',
  shared_buffers: '64MB',
  // Our statements are short: compiling one to machine code takes longer than running it.
  jit: 'off',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  timezone: 'UTC',
};

/** Spawns a server in a session of its own, so that Ctrl-C on the terminal does not stop it before its users. */
export async function spawnServer(plan: ServerPlan, port: number): Promise<ServerProcess> {
  await rotateServerLog(plan.folders.serverLog);
  // A file and not a pipe: a server that outlives this process goes on writing to it.
  const log = openSync(plan.folders.serverLog, 'a', 0o600);
  const argv = ['-D', plan.folders.cluster, ...settingsArguments(plan, port)];
  const child = spawn(plan.binaries.postgres, argv, {
    ...asUser(plan.folders, plan.user),
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<string>((settle) => {
    child.once('error', (error) => settle(`it could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      settle(signal ? `it was ended by ${signal}` : `it ended with code ${code}`),
    );
  });
  child.unref();
  if (child.pid === undefined) throw new ServerEndedError(await ended, '');
  return { pid: child.pid, port, ended };
}

function settingsArguments(plan: ServerPlan, port: number): string[] {
  const fixed = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' };
  const settings = { ...defaultSettings, ...plan.settings, ...fixed };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function rotateServerLog(path: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > serverLogLimitBytes) await rename(path, `${path}.1`);
}

/** Takes over a server that another process had started; there is no exit code to learn. */
export function adoptServer(cluster: string, pid: number, port: number): ServerProcess {
  return { pid, port, ended: watchUntilGone(cluster, pid) };
}

async function watchUntilGone(cluster: string, pid: number): Promise<string> {
  while (await isProcessOf(cluster, pid)) await pause(adoptedPollMilliseconds, undefined, { ref: false });
  return 'it is gone';
}

/** Waits until the server takes connections, however long recovery needs; throws when it ends instead. */
export async function waitUntilReady(server: ServerProcess, { folders, log }: ServerPlan): Promise<void> {
  let end: string | undefined;
  void server.ended.then((reason) => (end = reason));
  const reminder = setInterval(() => log.info('PostgreSQL is still starting'), reminderMilliseconds);
  try {
    while (!(await isReady(folders.cluster, server.pid))) {
      if (end !== undefined) throw new ServerEndedError(end, await lastLines(folders.serverLog));
      await pause(readyPollMilliseconds);
    }
  } finally {
    clearInterval(reminder);
  }
}

async function isReady(cluster: string, pid: number): Promise<boolean> {
  const found = await readPostmasterPidFile(cluster);
  return found?.pid === pid && found.status === 'ready';
}

export class ServerEndedError extends AppError {
  constructor(
    reason: string,
    readonly serverLog: string,
  ) {
    super(
      ErrorReason.UNAVAILABLE,
      `PostgreSQL does not start: ${reason}. Its last words: ${serverLog.trim() || '(none)'}`,
    );
  }

  isPortTaken(): boolean {
    return this.serverLog.includes('Address already in use');
  }
}

async function lastLines(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, 2_000);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').split('\n').slice(-8).join('\n');
  } finally {
    await file.close();
  }
}

/** Fast shutdown; when that takes too long an immediate one, after which the next start recovers. */
export async function stopServer(server: ServerProcess): Promise<void> {
  for (const [signal, patience] of [
    ['SIGINT', 30_000],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 5_000],
  ] as const) {
    sendSignal(server.pid, signal);
    const timer = new AbortController();
    const late = pause(patience, 'late', { signal: timer.signal }).catch(() => 'late');
    const outcome = await Promise.race([server.ended, late]);
    timer.abort();
    if (outcome !== 'late') return;
  }
}
