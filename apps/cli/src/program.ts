import { Command } from 'commander';
import type { CommandContext } from './command-context';
import { agentCommands } from './commands/agents/agents';
import { auditCommands } from './commands/audit/list';
import { identityCommands } from './commands/identity/sign-in';
import { peopleCommands } from './commands/people/people';
import { tokenCommands } from './commands/tokens/tokens';
import { operationCommands } from './commands/operations/operations';
import { applyCommand } from './commands/resources/apply';
import { deleteCommand } from './commands/resources/delete';
import { describeCommand } from './commands/resources/describe';
import { diffCommand } from './commands/resources/diff';
import { getCommand } from './commands/resources/get';
import { historyCommands } from './commands/resources/history';
import { waitCommand } from './commands/resources/wait';
import { watchCommand } from './commands/resources/watch';
import { joinTokenCommands } from './commands/servers/join-token';
import { selectorCommands } from './commands/servers/selectors';
import { serverCommands } from './commands/servers/servers';
import { waitingCommands } from './commands/servers/waiting';
import { siteCommands } from './commands/site/publish';

/** Adds commands to the program; each file under commands/ exports one. */
export type AddCommands = (program: Command, context: CommandContext) => void;

const all: readonly AddCommands[] = [
  identityCommands,
  getCommand,
  describeCommand,
  applyCommand,
  diffCommand,
  deleteCommand,
  historyCommands,
  waitCommand,
  watchCommand,
  siteCommands,
  serverCommands,
  joinTokenCommands,
  waitingCommands,
  selectorCommands,
  agentCommands,
  operationCommands,
  auditCommands,
  tokenCommands,
  peopleCommands,
];

export function buildProgram(context: CommandContext): Command {
  const program = new Command('ostler')
    .description('One declarative control plane for plain Linux servers.')
    .version('0.1.0')
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true });
  for (const add of all) add(program, context);
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
