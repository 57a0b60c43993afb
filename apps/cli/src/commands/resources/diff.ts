import { newRequestId } from '@ostler/sdk';
import { AppError } from '@ostler/kernel';
import { ApplyResult_Change } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { ExitCode } from '../../output/exit-code';
import { kindOf } from '../../output/names';
import { fieldText, planText } from '../../output/plan';
import { readSpecFiles } from './spec-files';

interface DiffOptions {
  readonly file?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

export function diffCommand(program: Command, context: CommandContext): void {
  program
    .command('diff [kind] [name]')
    .description(
      'Compare spec files with what is live, or two generations of a resource. Exit code 1: different.',
    )
    .option('-f, --file <path...>', 'spec file, folder of them, or - for standard input')
    .option('--from <generation>', 'earlier generation')
    .option('--to <generation>', 'later generation; the present one when absent')
    .action((kind: string | undefined, name: string | undefined, options: DiffOptions) =>
      options.file ? diffFiles(context, options.file) : diffGenerations(context, kind, name, options),
    );
}

async function diffFiles(context: CommandContext, files: readonly string[]): Promise<void> {
  const resources = await readSpecFiles(files);
  const plan = await context.ostler().resources.apply({ requestId: newRequestId(), resources, dryRun: true });
  context.print(planText(plan, context.style));
  const same = plan.results.every(({ change }) => change === ApplyResult_Change.UNCHANGED);
  process.exitCode = same ? ExitCode.DONE : ExitCode.DIFFERENT;
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
  for (const field of answer.fields) context.print(fieldText(field, context.style).trimStart());
  process.exitCode = answer.fields.length > 0 ? ExitCode.DIFFERENT : ExitCode.DONE;
}

export function generationOf(option: string, text: string): bigint {
  if (!/^[1-9]\d{0,17}$/.test(text))
    throw AppError.invalid(option, 'NOT_A_GENERATION', `"${text}" is not a number from 1`);
  return BigInt(text);
}
