import { Kind } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import type { Command } from 'commander';
import { openBrowser } from '../../auth/browser';
import type { CommandContext } from '../../command-context';
import { kindOf } from '../../output/names';
import { safe } from '../../output/style';

/** Pages of the console by the word that names them. */
export const pages: Readonly<Record<string, string>> = {
  overview: '/',
  servers: '/servers',
  agents: '/agents',
  operations: '/operations',
  activity: '/activity',
  settings: '/settings',
  docs: '/docs/',
  api: '/api/',
};

const pageOfKind: Partial<Record<Kind, string>> = {
  [Kind.SITE]: '/sites',
  [Kind.CERTIFICATE]: '/certificates',
};

export function openCommand(program: Command, context: CommandContext): void {
  program
    .command('open [what] [name]')
    .description(
      `Open the console in the browser: a site, certificate or server by name, or ${Object.keys(pages).join(', ')}.`,
    )
    .option('--print', 'only print the address')
    .action((what: string | undefined, name: string | undefined, { print }: { print?: boolean }) =>
      open(context, new URL(pathOf(what ?? 'overview', name), context.url).href, print ?? false),
    );
}

function pathOf(what: string, name: string | undefined): string {
  const list = pages[what] ?? (what === 'server' ? '/servers' : pageOfWord(what));
  return name === undefined ? list : `${list}/${encodeURIComponent(name)}`;
}

function pageOfWord(word: string): string {
  const page = pageOfKind[kindOf(word)];
  if (page) return page;
  throw AppError.invalid('what', 'NO_PAGE', `there is no page for ${word}`);
}

async function open(context: CommandContext, address: string, print: boolean): Promise<void> {
  context.print(safe(address));
  if (print) return;
  if (!(await openBrowser(context.environment, address)))
    process.stderr.write('No browser could be started here. Open the address yourself, or set BROWSER.\n');
}
