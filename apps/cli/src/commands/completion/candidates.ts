import type { Command, Option } from 'commander';
import { readContexts } from '../../auth/context-file';
import type { CommandContext } from '../../command-context';
import { kindWords } from '../../output/names';
import { namesOf, type Source } from './names';

/** Tells the shell to complete names of files by itself. */
export const FILES = ':files';

/** Words for one position, as `word` or `word\tdescription`. */
type Words = (
  context: CommandContext,
  before: readonly string[],
) => Promise<readonly string[]> | readonly string[];

const live =
  (source: Source): Words =>
  (context) =>
    namesOf(context, source);
const files: Words = () => [FILES];
const contexts: Words = ({ environment }) => Object.keys(readContexts(environment.contextFile).contexts);

/** Of the kind that stands before it. */
const namesOfKind: Words = (context, before) => {
  const word = before[0] ?? '';
  if (/^servers?$/.test(word)) return namesOf(context, 'servers');
  if (/^sites?$/.test(word)) return namesOf(context, 'sites');
  return word.startsWith('cert') ? namesOf(context, 'certificates') : [];
};

const selectors: Words = async (context) => (await namesOf(context, 'selectors')).map((name) => `@${name}`);

/** By the long name of an option that takes a value. */
const ofOption: Readonly<Record<string, Words>> = {
  file: files,
  server: live('servers'),
  site: live('sites'),
  selector: selectors,
  replaces: live('servers'),
  context: contexts,
  role: () => ['owner', 'admin', 'operator', 'viewer'],
};

/** By the name of an argument, where that says enough. */
const ofArgument: Readonly<Record<string, Words>> = {
  kind: () => [...kindWords(), 'servers'],
  folder: files,
  file: files,
  operation: async () => Object.keys((await import('../operations/operations')).operationNames),
  method: async () => {
    const { allMethods, methodName } = await import('../api/services');
    return allMethods().map(methodName);
  },
  path: async (_context, _before) => (await import('../explain/explain')).knownPaths(),
  topic: async () => Object.keys((await import('../live/events')).topics),
  what: async () => [...kindWords(), 'server', ...Object.keys((await import('../console/open')).pages)],
  version: live('versions'),
};

/** By the command and its argument, where the same word means different things. */
const ofCommand: Readonly<Record<string, Words>> = {
  'contexts name': contexts,
  'servers name': live('servers'),
  'orphans name': live('servers'),
  'hold name': live('servers'),
  'selectors name': live('selectors'),
  'waiting name-or-uid': live('waiting'),
  'operations uid': live('operations'),
  'agents uid': live('rollouts'),
  'tokens uid': live('tokens'),
  'people uid': live('people'),
  'join-tokens uid': live('join-tokens'),
};

/** The words that may stand where the cursor is. `words` is the line so far, the last of them being typed now. */
export async function candidates(
  program: Command,
  context: CommandContext,
  words: readonly string[],
): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const { command, before, waitingFor } = walk(program, words.slice(0, -1));
  const found = await (waitingFor
    ? ofValue(context, waitingFor)
    : typed.startsWith('-')
      ? optionsOf(program, command)
      : positionsOf(command, context, before));
  if (found.includes(FILES)) return [FILES];
  return found.filter((word) => word.startsWith(typed) && isPlain(word));
}

interface Position {
  readonly command: Command;
  /** Arguments before the cursor. */
  readonly before: readonly string[];
  /** The option whose value is being typed. */
  readonly waitingFor: Option | undefined;
}

function walk(program: Command, words: readonly string[]): Position {
  let command = program;
  let before: string[] = [];
  let waitingFor: Option | undefined;
  for (const word of words) {
    if (waitingFor && !waitingFor.variadic) {
      waitingFor = undefined;
      continue;
    }
    const option = word.startsWith('-') ? optionNamed(program, command, word) : undefined;
    if (word.startsWith('-'))
      waitingFor = option && (option.required || option.optional) ? option : undefined;
    else {
      const child = before.length === 0 ? command.commands.find((one) => isNamed(one, word)) : undefined;
      if (child) [command, before] = [child, []];
      else if (!waitingFor) before.push(word);
    }
  }
  return { command, before, waitingFor };
}

function isNamed(command: Command, word: string): boolean {
  return command.name() === word || command.aliases().includes(word);
}

function optionNamed(program: Command, command: Command, word: string): Option | undefined {
  return [...command.options, ...program.options].find(({ short, long }) => short === word || long === word);
}

async function ofValue(context: CommandContext, option: Option): Promise<readonly string[]> {
  if (option.argChoices) return option.argChoices;
  return (await ofOption[option.name()]?.(context, [])) ?? [];
}

function optionsOf(program: Command, command: Command): string[] {
  return [...command.options, ...program.options, helpOption].flatMap(({ long, description }) =>
    long ? [`${long}\t${description}`] : [],
  );
}

const helpOption = { long: '--help', description: 'display help for command' };

async function positionsOf(
  command: Command,
  context: CommandContext,
  before: readonly string[],
): Promise<readonly string[]> {
  const children = before.length === 0 ? command.commands : [];
  if (children.length > 0) return children.map((child) => `${child.name()}\t${child.description()}`);
  const argument =
    command.registeredArguments[before.length] ?? command.registeredArguments.findLast((one) => one.variadic);
  if (!argument) return [];
  const group = command.parent?.name() ?? '';
  const words =
    ofCommand[`${group} ${argument.name()}`] ??
    ofArgument[argument.name()] ??
    (argument.name() === 'name' ? namesOfKind : undefined);
  return argument.argChoices ?? (await words?.(context, before)) ?? [];
}

/** Shells read lines and expand some characters: what could do anything there is no word for them. */
function isPlain(word: string): boolean {
  return /^[\w@%+=:,./-]+(\t|$)/.test(word) && !/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/.test(word);
}
