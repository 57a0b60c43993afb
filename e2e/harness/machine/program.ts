import { spawn } from 'node:child_process';

export interface ProgramOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A program of this machine ended with another code than 0; the message carries what it said. */
export class ProgramFailed extends Error {
  constructor(
    readonly argv: readonly string[],
    readonly output: ProgramOutput,
  ) {
    super(
      `${argv.join(' ')} ended with code ${output.code}: ${output.stderr.trim() || output.stdout.trim()}`,
    );
    this.name = 'ProgramFailed';
  }
}

/** Runs a program of this machine to its end, without a shell, and hands back what it said and its exit code. */
export function tryProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramOutput> {
  const [file = '', ...args] = argv;
  const { promise, resolve, reject } = Promise.withResolvers<ProgramOutput>();
  const child = spawn(file, args, { env: { ...process.env, ...options.environment } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.on('error', reject);
  child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  // A program may end before it has read its input; its exit code tells more than the broken pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return promise;
}

/** Like tryProgram, and any code but 0 is a ProgramFailed. Hands back stdout. */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const output = await tryProgram(argv, options);
  if (output.code !== 0) throw new ProgramFailed(argv, output);
  return output.stdout;
}
