import { newRequestId } from '@ostler/sdk';
import { ApplyResponseSchema, ApplyResult_Change } from '@ostler/contracts';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { type Format, formatOption, printJson } from '../../output/render';
import { planText } from '../../output/plan';
import { readSpecFiles } from './spec-files';
import { waitUntilReady } from './wait';

interface ApplyOptions {
  readonly file: readonly string[];
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
  readonly output: Format;
}

export function applyCommand(program: Command, context: CommandContext): void {
  program
    .command('apply')
    .description('Create or change what spec files declare: all of it, or nothing.')
    .requiredOption('-f, --file <path...>', 'spec file, folder of them, or - for standard input')
    .option('--dry-run', 'only show the plan, made on the real servers')
    .option('-y, --yes', 'do not show the plan and ask before')
    .option('--wait', 'wait until all of it is Ready')
    .option('--timeout <seconds>', 'how long to wait', '120')
    .addOption(formatOption(['table', 'json']))
    .action((options: ApplyOptions) => apply(context, options));
}

async function apply(context: CommandContext, options: ApplyOptions): Promise<void> {
  const resources = await readSpecFiles(options.file);
  const service = context.ostler().resources;
  const asks = !options.yes && !options.dryRun && process.stdin.isTTY === true && options.output === 'table';
  if (options.dryRun || asks) {
    const plan = await service.apply({ requestId: newRequestId(), resources, dryRun: true });
    if (options.output === 'json') return printJson(context, ApplyResponseSchema, [plan]);
    context.print(planText(plan, context.style));
    if (options.dryRun) return;
    if (plan.results.every(({ change }) => change === ApplyResult_Change.UNCHANGED)) return;
    if (!(await confirm('Apply this?'))) return context.print('Nothing was changed.');
  }
  const answer = await service.apply({ requestId: newRequestId(), resources });
  if (options.output === 'json') printJson(context, ApplyResponseSchema, [answer]);
  else if (!asks)
    context.print(
      planText(answer, context.style)
        .replaceAll(/\n?\d+ to add.*$/g, '')
        .trimEnd(),
    );
  if (options.wait) {
    const wanted = answer.results.flatMap(({ resource }) => (resource?.meta ? [resource.meta] : []));
    await waitUntilReady(context, wanted, Number(options.timeout));
  }
}
