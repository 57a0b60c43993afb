import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const start = promisify(execFile);

/** Runs a program to its end and returns what it printed; rejects with what it said when its code is not 0. */
export function runProgram(program: string, args: readonly string[], timeoutMs = 30_000): Promise<string> {
  return runProgramWith(process.env, program, args, timeoutMs);
}

export async function runProgramWith(
  env: NodeJS.ProcessEnv,
  program: string,
  args: readonly string[],
  timeoutMs = 30_000,
): Promise<string> {
  const { stdout } = await start(program, [...args], { env, timeout: timeoutMs, maxBuffer: 16 * 1024 ** 2 });
  return stdout;
}
