import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { AppError } from '@ostler/kernel';
import { ErrorReason } from '@ostler/contracts';

/** Asks on the terminal; refuses where there is none, so that scripts never hang. */
export async function ask(
  question: string,
  options: { hidden?: boolean; insteadOf: string },
): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new AppError(
      ErrorReason.INVALID,
      `There is no terminal to ask "${question.trim()}". Use ${options.insteadOf}.`,
    );
  }
  process.stderr.write(question);
  const output = options.hidden
    ? new Writable({ write: (_chunk, _encoding, done) => done() })
    : process.stderr;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    if (options.hidden) process.stderr.write('\n');
  }
}

/** True when the answer is yes. */
export async function confirm(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await ask(`${question} [y/N] `, { insteadOf: '--yes' })).trim());
}
