import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Holds an exclusive lock on a file while the work runs; a second holder waits. The kernel lets go of
 * the lock when the holder dies, in whatever way: flock runs `cat`, which ends with our end of its stdin.
 */
export async function withFileLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const holder = spawn('flock', [path, 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'close');
  holder.stdin.write('held\n');
  const outcome = await Promise.race([once(holder.stdout, 'data').then(() => 'held' as const), ended]);
  if (outcome !== 'held') throw new Error(`flock ${path} ended with code ${String(outcome[0])}`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
