import { AppError } from '@ostler/kernel';
import { CommanderError } from 'commander';
import { CommandContext, DEFAULT_URL } from './command-context';
import { readEnvironment } from './config/environment';
import { buildProgram } from './program';

/** The longest that a timer takes; it is started again. */
const LONG_MS = 2 ** 31 - 1;

/** Runs one command line to its end. */
export async function run(args: readonly string[]): Promise<number> {
  // The timers of the kernel do not keep a program alive, and a command that waits for one is not done.
  const alive = setInterval(() => undefined, LONG_MS);
  try {
    return await runCommandLine(args);
  } finally {
    clearInterval(alive);
  }
}

/** Returns what the program ends with: output/exit-code says what that means. */
async function runCommandLine(args: readonly string[]): Promise<number> {
  const environment = readEnvironment();
  const context = new CommandContext(environment);
  const words = wordsToComplete(args);
  if (words) {
    await (await import('./commands/completion/words')).printWords(context, words);
    return 0;
  }
  try {
    const program = await buildProgram(context, firstWord(args), { quiet: wantsJson(args) });
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const { ExitCode } = await import('./output/exit-code');
    if (!(error instanceof CommanderError)) return report(error, args, context);
    if (error.exitCode === 0) return ExitCode.DONE;
    if (wantsJson(args)) await report(AppError.invalid('', 'USAGE', error.message), args, context);
    return ExitCode.INVALID;
  }
}

/** The line of `ostler completion words -- LINE`, which shells ask at the tab key; no command for people. */
function wordsToComplete([group, command, dashes, ...words]: readonly string[]):
  | readonly string[]
  | undefined {
  return group === 'completion' && command === 'words' && dashes === '--' ? words : undefined;
}

/** The word that names the command: the first one that is no option of the program itself. */
export function firstWord(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg, index) => !arg.startsWith('-') && args[index - 1] !== '--context');
  const word = args[at];
  // `help get` is help about all: its commands are found by it.
  return word === 'help' ? undefined : word;
}

async function report(error: unknown, args: readonly string[], context: CommandContext): Promise<number> {
  const { reportError } = await import('./output/report-error');
  return reportError(error, {
    asJson: wantsJson(args),
    colour: context.environment.colour && process.stderr.isTTY === true,
    url: addressOf(context),
  });
}

/** For links to the docs: a file of sign-ins that cannot be read is what the error is about. */
function addressOf(context: CommandContext): string {
  try {
    return context.url;
  } catch {
    return DEFAULT_URL;
  }
}

/** `-o json` asks for errors as JSON, too. */
export function wantsJson(args: readonly string[]): boolean {
  return args.some(
    (arg, index) =>
      arg === '-ojson' ||
      arg === '--output=json' ||
      (arg === 'json' && /^(-o|--output)$/.test(args[index - 1] ?? '')),
  );
}
