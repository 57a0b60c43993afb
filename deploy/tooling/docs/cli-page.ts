import { CommandContext, DEFAULT_URL } from '../../../apps/cli/src/command-context.ts';
import { readEnvironment } from '../../../apps/cli/src/config/environment.ts';
import { ExitCode } from '../../../apps/cli/src/output/exit-code.ts';
import { buildProgram } from '../../../apps/cli/src/program.ts';
import { cell, commandLineSettings, table } from './settings-page.ts';

type Command = Awaited<ReturnType<typeof buildProgram>>;
type Argument = Command['registeredArguments'][number];
type Option = Command['options'][number];

/** What the program returns, in words; a code that is not told here cannot be compiled. */
const exitCodes: Readonly<Record<keyof typeof ExitCode, string>> = {
  DONE: 'Done.',
  DIFFERENT: '`diff` found a difference, or what was waited for did not become Ready in time.',
  INVALID: 'The command line, a spec file or a field is wrong. Nothing was changed.',
  DENIED: 'Not signed in, or not allowed.',
  NOT_FOUND: 'There is no such thing.',
  CONFLICT: 'Somebody changed it in between, the name or domain is taken, or something refers to it.',
  UNAVAILABLE: 'The control plane or the server did not answer: trying again may help.',
  FAILED: 'It failed: the message says why. Also an operation that did not succeed.',
};

/** The text of docs/reference/cli.md, from the program that the CLI itself runs. */
export async function cliPage(): Promise<string> {
  const program = await buildProgram(new CommandContext(readEnvironment({}, {})));
  const commands = leavesOf(program, []);
  return `# Command line

<!-- Written by \`pnpm docs:cli\` from the program itself. -->

\`./ostler\` in a checkout. Every command that prints a table takes \`-o json\` where it is listed here, and with it
prints errors as JSON too, on the error stream. Without a terminal nothing is asked and nothing is coloured; what
would remove something needs \`--yes\` then. Every command takes \`--context NAME\`: the control plane that is meant.

| command | what it does |
|---|---|
${commands.map(({ usage, command }) => `| [\`${usage}\`](#${anchorOf(usage)}) | ${cell(command.description())} |`).join('\n')}

${commands.map(section).join('\n\n')}

## Exit codes

| code | means |
|---|---|
${Object.entries(ExitCode)
  .map(([name, code]) => `| ${code} | ${exitCodes[name as keyof typeof ExitCode]} |`)
  .join('\n')}

## Environment

${table(commandLineSettings)}
| \`NO_COLOR\` |  | Any text: no colour on a terminal. |
| \`VISUAL\`, \`EDITOR\` | \`vi\` | What \`edit\` opens the text with; arguments may follow. |
| \`BROWSER\` | of the desktop | What \`open\` and \`sign-in --browser\` open an address with. |
| \`XDG_CACHE_HOME\` | \`~/.cache\` | Where compiled code and names for completion are kept, below \`ostler/\`. |

Where nothing else says so, the control plane is at \`${DEFAULT_URL}\`.
`;
}

interface Leaf {
  /** As it is typed: \`servers list\`. */
  readonly usage: string;
  readonly command: Command;
}

/** The commands that do something, in the order of the help; groups stand in the names of theirs. */
function leavesOf(group: Command, path: readonly string[]): Leaf[] {
  return group.commands.flatMap((command) => {
    const names = [...path, command.name()];
    if (command.commands.length > 0) return leavesOf(command, names);
    return [{ usage: names.join(' '), command }];
  });
}

function section({ usage, command }: Leaf): string {
  const takes = command.registeredArguments.map(argumentText);
  const options = command.options.map(optionRow);
  const parts = [
    `## ${usage}`,
    `\`\`\`console\n$ ${['ostler', usage, ...takes, ...(options.length > 0 ? ['[options]'] : [])].join(' ')}\n\`\`\``,
    command.description(),
    options.length > 0 && ['| option | default | what it is |', '|---|---|---|', ...options].join('\n'),
  ];
  return parts.filter((part) => part !== false).join('\n\n');
}

function argumentText(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

function optionRow(option: Option): string {
  const { description, mandatory, argChoices, flags } = option;
  const preset: unknown = option.defaultValue;
  const said = [
    description,
    mandatory ? 'required' : '',
    argChoices ? `one of ${argChoices.map((choice) => `\`${choice}\``).join(', ')}` : '',
  ];
  const value = typeof preset === 'string' ? `\`${preset}\`` : '';
  return `| \`${flags}\` | ${value} | ${cell(said.filter(Boolean).join('; '))} |`;
}

/** As the sites that show Markdown make the name of a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(' ', '-');
}
