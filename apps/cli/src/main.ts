#!/usr/bin/env node
import { explainError } from '@ostler/sdk';
import { CommanderError } from 'commander';
import { CommandContext } from './command-context';
import { readEnvironment } from './config/environment';
import { ExitCode, exitCodeOf } from './output/exit-code';
import { errorJson, errorText } from './output/report-error';
import { styleOf } from './output/style';
import { buildProgram } from './program';

/** `ostler get sites | head` closes the pipe early: that is no failure. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(ExitCode.DONE);
  throw error;
});

async function run(args: readonly string[]): Promise<number> {
  const environment = readEnvironment();
  const context = new CommandContext(environment);
  try {
    const program = buildProgram(context);
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? ExitCode.DONE);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.DONE : ExitCode.INVALID;
    const explained = explainError(error);
    const forPrograms = args.some(
      (arg, index) => arg === '-ojson' || (arg === 'json' && /^(-o|--output)$/.test(args[index - 1] ?? '')),
    );
    process.stderr.write(
      `${forPrograms ? errorJson(explained) : errorText(explained, styleOf(environment.colour && process.stderr.isTTY === true))}\n`,
    );
    return exitCodeOf(explained.reason);
  }
}

process.exitCode = await run(process.argv.slice(2));
