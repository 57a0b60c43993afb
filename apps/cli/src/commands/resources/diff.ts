import { toJson } from '@bufbuild/protobuf';
import { newRequestId } from '@ostler/sdk';
import { AppError } from '@ostler/kernel';
import { type ApplyResponse, ApplyResponseSchema, DiffResponseSchema } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { ExitCode } from '../../output/exit-code';
import { parseLabels } from '../../output/labels';
import { kindOf } from '../../output/names';
import { diffText, fieldText, planText } from '../../output/plan';
import { type Format, formatOption, printData, printMessages } from '../../output/render';
import { safe } from '../../output/style';
import { isSame } from './apply';
import { type Drift, findDrift } from './drift';
import { findRemovals, type Removal, titleOf } from './prune';
import { readDeclared } from './spec-files';

interface DiffOptions {
  readonly file?: readonly string[];
  readonly prune?: boolean;
  readonly selector: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly output: Format;
}

export function diffCommand(program: Command, context: CommandContext): void {
  program
    .command('diff [kind] [name]')
    .description(
      'Compare spec files with what is live and with what was changed by hand on the servers, or two generations of a resource. Exit code 1: different.',
    )
    .option('-f, --file <path...>', 'spec file, folder of them, or - for standard input')
    .option('--prune', 'with -f: also what carries the labels of --selector and is in no file')
    .option('-l, --selector <key=value...>', 'with --prune: what belongs to these files', [])
    .option('--from <generation>', 'earlier generation')
    .option('--to <generation>', 'later generation; the present one when absent')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((kind: string | undefined, name: string | undefined, options: DiffOptions) =>
      options.file
        ? diffFiles(context, options.file, options)
        : diffGenerations(context, kind, name, options),
    );
}

/** What differs: between files and what is live, and between what is live and what is on the servers. */
interface Report {
  readonly plan: ApplyResponse;
  readonly removals: readonly Removal[];
  readonly drift: readonly Drift[];
}

async function diffFiles(
  context: CommandContext,
  files: readonly string[],
  { prune, selector, output }: DiffOptions,
): Promise<void> {
  const ostler = context.ostler();
  const declared = await readDeclared(files);
  const resources = declared.map(({ resource }) => resource);
  const [plan, removals, drift] = await Promise.all([
    ostler.resources.apply({ requestId: newRequestId(), resources, dryRun: true }),
    prune ? findRemovals(ostler, declared, parseLabels(selector)) : [],
    findDrift(ostler, resources),
  ]);
  await printReport(context, output, { plan, removals, drift });
  const same = isSame(plan, removals) && drift.length === 0;
  process.exitCode = same ? ExitCode.DONE : ExitCode.DIFFERENT;
}

async function printReport(context: CommandContext, format: Format, report: Report): Promise<void> {
  const { plan, removals, drift } = report;
  if (format === 'json' || format === 'yaml') {
    const removed = removals.map(({ resource, consequence }) => ({
      name: titleOf(resource.meta),
      consequence,
    }));
    const plain = { ...(toJson(ApplyResponseSchema, plan) as object), removals: removed, drift };
    return printData(context, format, [plain]);
  }
  context.print(planText(plan, removals, context.style));
  for (const { name, server, path, diff } of drift) {
    context.print('');
    context.print(
      `${context.style.warn('changed by hand')} ${safe(path)} on ${safe(server)}, of ${safe(name)}`,
    );
    context.print(diffText(diff, context.style));
  }
}

async function diffGenerations(
  context: CommandContext,
  kind: string | undefined,
  name: string | undefined,
  options: DiffOptions,
): Promise<void> {
  if (!kind || !name || !options.from) {
    throw AppError.invalid('diff', 'INCOMPLETE', 'give -f FILE, or a kind, a name and --from GENERATION');
  }
  const answer = await context.ostler().resources.diff({
    kind: kindOf(kind),
    name,
    fromGeneration: generationOf('--from', options.from),
    toGeneration: options.to ? generationOf('--to', options.to) : 0n,
  });
  await printMessages(context, options.output, DiffResponseSchema, [answer], () => {
    for (const field of answer.fields) context.print(fieldText(field, context.style).trimStart());
  });
  process.exitCode = answer.fields.length > 0 ? ExitCode.DIFFERENT : ExitCode.DONE;
}

export function generationOf(option: string, text: string): bigint {
  if (!/^[1-9]\d{0,17}$/.test(text))
    throw AppError.invalid(option, 'NOT_A_GENERATION', `"${text}" is not a number from 1`);
  return BigInt(text);
}
