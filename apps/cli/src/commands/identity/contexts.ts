import { AppError } from '@ostler/kernel';
import type { Command } from 'commander';
import { forgetContext, readContexts, writeContexts } from '../../auth/context-file';
import type { CommandContext } from '../../command-context';
import { safe } from '../../output/style';
import { table } from '../../output/table';
import { type Format, formatOption, printData } from '../../output/render';

/** The control planes that somebody is signed in to. */
export function contextCommands(program: Command, context: CommandContext): void {
  const contexts = program
    .command('contexts')
    .description('List the control planes that you are signed in to, and choose the present one.');
  contexts
    .command('list', { isDefault: true })
    .description('List them; the star is the present one. No token is shown.')
    .addOption(formatOption())
    .action(({ output }: { output: Format }) => list(context, output));
  contexts
    .command('use <name>')
    .description('Make one the present one.')
    .action((name: string) => use(context, name));
  contexts
    .command('remove <name>')
    .description('Forget a sign-in without ending its session; sign-out does both.')
    .action((name: string) => {
      forget(context, known(context, name));
      context.print(`${safe(name)} is forgotten.`);
    });
}

async function list(context: CommandContext, format: Format): Promise<void> {
  const { current, contexts } = readContexts(context.environment.contextFile);
  const found = Object.entries(contexts).map(([name, { url, email }]) => ({
    name,
    url,
    email,
    current: name === (context.asked ?? current),
  }));
  if (format === 'name') return found.forEach(({ name }) => context.print(safe(name)));
  if (format !== 'table') return printData(context, format, found);
  const rows = found.map((one) => [one.current ? '*' : '', safe(one.name), safe(one.url), safe(one.email)]);
  context.print(table(['', 'NAME', 'URL', 'E-MAIL'], rows));
}

function use(context: CommandContext, name: string): void {
  const { contextFile } = context.environment;
  const { contexts } = readContexts(contextFile);
  writeContexts(contextFile, { contexts, current: known(context, name) });
  context.print(`${safe(name)} is the present one: ${safe(contexts[name]?.url ?? '')}`);
}

export function forget(context: CommandContext, name: string): void {
  forgetContext(context.environment.contextFile, name);
}

function known(context: CommandContext, name: string): string {
  const { contexts } = readContexts(context.environment.contextFile);
  if (Object.hasOwn(contexts, name)) return name;
  const names = Object.keys(contexts).join(', ') || 'none yet';
  throw AppError.invalid('name', 'NOT_FOUND', `there is no context "${name}"; there are: ${names}`);
}
