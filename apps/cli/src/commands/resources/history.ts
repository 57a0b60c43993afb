import { newRequestId } from '@ostler/sdk';
import { type Revision, RevisionSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { ageOf } from '../../output/age';
import { kindOf } from '../../output/names';
import { type Format, formatOption, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { table } from '../../output/table';
import { generationOf } from './diff';
import { waitUntilReady } from './wait';

export function historyCommands(program: Command, context: CommandContext): void {
  program
    .command('history <kind> <name>')
    .description(
      'List the generations of a resource, the newest first; of one that is gone by its name or its uid.',
    )
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((kind: string, name: string, options: { output: Format }) =>
      history(context, kind, name, options.output),
    );
  program
    .command('revert <kind> <name>')
    .description('Apply the spec of an earlier generation as a new one.')
    .requiredOption('--to <generation>', 'the generation to go back to')
    .option('--wait', 'wait until it is Ready')
    .option('--timeout <seconds>', 'how long to wait', '120')
    .action((kind: string, name: string, options: { to: string; wait?: boolean; timeout: string }) =>
      revert(context, kind, name, options),
    );
}

async function history(context: CommandContext, kind: string, name: string, format: Format): Promise<void> {
  const { revisions } = await context
    .ostler()
    .resources.listRevisions({ kind: kindOf(kind), name, pageSize: 100 });
  await printMessages(context, format, RevisionSchema, revisions, () =>
    context.print(table(['GENERATION', 'AGE', 'BY', 'WHAT'], revisions.map(row))),
  );
}

function row(revision: Revision): string[] {
  return [
    String(revision.generation),
    ageOf(revision.createdAt),
    safe(revision.actor),
    safe(revision.summary),
  ];
}

async function revert(
  context: CommandContext,
  word: string,
  name: string,
  options: { to: string; wait?: boolean; timeout: string },
): Promise<void> {
  const kind = kindOf(word);
  const { resource } = await context.ostler().resources.revert({
    requestId: newRequestId(),
    kind,
    name,
    toGeneration: generationOf('--to', options.to),
  });
  const generation = resource?.meta?.generation ?? 0n;
  context.print(
    `${safe(word)}/${safe(name)} is at generation ${generation}, with the spec of ${options.to}.`,
  );
  if (options.wait) await waitUntilReady(context, [{ kind, name, generation }], Number(options.timeout));
}
