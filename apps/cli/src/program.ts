import { Command } from 'commander';
import type { CommandContext } from './command-context';
import { groupOf, groups } from './commands/groups';
import { VERSION } from './version';

/**
 * The program with the commands that the line may mean: one group of them when its first word names it, else all.
 * Loading all costs more than most commands need in all. `quiet`: what is wrong with the line is thrown and not printed.
 */
export async function buildProgram(
  context: CommandContext,
  firstWord?: string,
  { quiet = false }: { readonly quiet?: boolean } = {},
): Promise<Command> {
  const program = new Command('ostler')
    .description('One declarative control plane for plain Linux servers.')
    .version(VERSION)
    .option('--context <name>', 'the control plane to talk to, of those that you are signed in to')
    .exitOverride()
    .configureOutput(quiet ? { writeErr: () => undefined } : {})
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .hook('preSubcommand', () => context.choose(program.opts<{ context?: string }>().context));
  const only = groupOf(firstWord);
  for (const add of await Promise.all((only ? [only] : groups).map(({ load }) => load()))) {
    add(program, context);
  }
  inheritExit(program);
  return program;
}

/** Subcommands throw instead of ending the process, too. */
function inheritExit(command: Command): void {
  for (const child of command.commands) {
    child.exitOverride();
    inheritExit(child);
  }
}
