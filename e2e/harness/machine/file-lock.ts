import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface HeldLock {
  release(): Promise<void>;
}

/** Holds an exclusive lock on a file while the work runs; a second holder waits. */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const lock = await holdFileLock(path);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/**
 * Waits for an exclusive lock on a file, until the signal. The kernel lets go of the lock when the holder dies, in
 * whatever way: flock runs `cat`, which ends with our end of its stdin.
 */
export async function holdFileLock(path: string, signal?: AbortSignal): Promise<HeldLock> {
  const holder = spawn('flock', [path, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'close');
  const giveUp = (): void => {
    holder.stdin.end();
    holder.kill('SIGKILL');
  };
  signal?.addEventListener('abort', giveUp, { once: true });
  holder.stdin.on('error', () => undefined);
  holder.stdin.write('held\n');
  const outcome = await Promise.race([once(holder.stdout, 'data').then(() => 'held' as const), ended]);
  signal?.removeEventListener('abort', giveUp);
  if (outcome !== 'held') throw new Error(`flock ${path} ended with ${String(outcome[0] ?? outcome[1])}`);
  return {
    async release() {
      holder.stdin.end();
      await ended;
    },
  };
}
