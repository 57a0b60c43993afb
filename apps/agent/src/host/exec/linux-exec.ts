import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { ErrorReason } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';
import { BoundedOutput } from './bounded-output';
import { checkCommand, environmentOf } from './command-rules';
import type { Command, Exec, Finished } from './port';
import { endTree } from './process-tree';

/** Commands as children in a process group of their own. */
export function createLinuxExec(): Exec {
  return { run };
}

async function run(command: Command, signal?: AbortSignal): Promise<Finished> {
  checkCommand(command);
  signal?.throwIfAborted();
  const mark = randomUUID();
  const child = spawn(command.binary, [...command.args], {
    cwd: command.workingFolder ?? '/',
    env: environmentOf(command, mark),
    detached: true,
    stdio: 'pipe',
  });
  const output = new BoundedOutput(command.mostOutputBytes);
  const stdout = output.collect(child.stdout);
  const stderr = output.collect(child.stderr);
  // A program that does not read its input closes the pipe; that is its right.
  child.stdin.on('error', () => undefined);
  child.stdin.end(command.stdin);

  let timedOut = false;
  const end = (): void => void (child.pid && endTree(child.pid, mark));
  const timer = setTimeout(() => ((timedOut = true), end()), command.timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  try {
    const exitCode = await ended(child, command);
    return { exitCode, stdout: stdout(), stderr: stderr(), timedOut, truncated: output.truncated };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

/** Resolves with the exit code once the process has ended and its output is read. */
export function ended(child: ChildProcess, command: Command): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      const text = `${command.binary} could not be started: ${messageOf(error)}.`;
      reject(new AppError(ErrorReason.UNAVAILABLE, text, { cause: error }));
    });
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
