import {
  type ApplyResponse,
  ApplyResponseSchema,
  ApplyResult_Change as Change,
  ErrorReason,
  type Resource,
} from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { newRequestId } from '@ostler/sdk';
import type { Command } from 'commander';
import { confirm } from '../../auth/prompt';
import type { CommandContext } from '../../command-context';
import { parseLabels } from '../../output/labels';
import { changesText, planText, summaryText } from '../../output/plan';
import { type Format, formatOption, printMessages } from '../../output/render';
import { findRemovals, remove, type Removal } from './prune';
import { readDeclared } from './spec-files';
import { waitUntilReady } from './wait';

interface ApplyOptions {
  readonly file: readonly string[];
  readonly prune?: boolean;
  readonly selector: readonly string[];
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
  readonly output: Format;
}

export function applyCommand(program: Command, context: CommandContext): void {
  program
    .command('apply')
    .description('Create or change what spec files declare, after showing the plan: all of it, or nothing.')
    .requiredOption('-f, --file <path...>', 'spec file, folder of them, or - for standard input')
    .option('--prune', 'remove what carries the labels of --selector and is in no file')
    .option('-l, --selector <key=value...>', 'with --prune: what belongs to these files', [])
    .option('--dry-run', 'only show the plan, made on the real servers')
    .option('-y, --yes', 'do not show the plan and ask before; a must for removing without a terminal')
    .option('--wait', 'wait until all of it is Ready')
    .option('--timeout <seconds>', 'how long to wait', '120')
    .addOption(formatOption(['table', 'json', 'yaml']))
    .action((options: ApplyOptions) => apply(context, options));
}

async function apply(context: CommandContext, options: ApplyOptions): Promise<void> {
  const ostler = context.ostler();
  const declared = await readDeclared(options.file);
  const resources = declared.map(({ resource }) => resource);
  const removals = options.prune ? await findRemovals(ostler, declared, parseLabels(options.selector)) : [];
  const asks = !options.yes && process.stdin.isTTY === true && options.output === 'table';
  if (options.dryRun || asks) {
    const plan = await ostler.resources.apply({ requestId: newRequestId(), resources, dryRun: true });
    if (options.dryRun) return show(context, options.output, plan, removals);
    context.print(planText(plan, removals, context.style));
    if (isSame(plan, removals)) return;
    if (!(await confirm('Apply this?'))) return context.print('Nothing was changed.');
  } else if (removals.length > 0 && !options.yes) {
    throw needsYes(removals);
  }
  const answer = await ostler.resources.apply({ requestId: newRequestId(), resources });
  await remove(ostler, removals);
  await tellDone(context, options, answer, removals, asks);
  if (options.wait) await waitForAll(context, answer, options.timeout);
}

async function tellDone(
  context: CommandContext,
  { output }: ApplyOptions,
  answer: ApplyResponse,
  removals: readonly Removal[],
  wasShown: boolean,
): Promise<void> {
  if (output !== 'table')
    return printMessages(context, output, ApplyResponseSchema, [answer], () => undefined);
  if (!wasShown) for (const line of changesText(answer, removals, context.style)) context.print(line);
  context.print(summaryText(answer, removals, 'done'));
}

async function show(
  context: CommandContext,
  format: Format,
  plan: ApplyResponse,
  removals: readonly Removal[],
): Promise<void> {
  await printMessages(context, format, ApplyResponseSchema, [plan], () =>
    context.print(planText(plan, removals, context.style)),
  );
}

export function isSame(plan: ApplyResponse, removals: readonly Removal[]): boolean {
  return removals.length === 0 && plan.results.every(({ change }) => change === Change.UNCHANGED);
}

/** Without a terminal nobody can be asked, and what is removed does not come back by itself. */
function needsYes(removals: readonly Removal[]): AppError {
  const names = removals.map(({ resource }) => resource.meta?.name).join(', ');
  return new AppError(
    ErrorReason.INVALID,
    `This would remove ${names}, and there is no terminal to ask. See the plan with --dry-run, or say --yes.`,
  );
}

async function waitForAll(
  context: CommandContext,
  { results }: ApplyResponse,
  timeout: string,
): Promise<void> {
  const metas = results.flatMap(({ resource }: { resource?: Resource }) => resource?.meta ?? []);
  await waitUntilReady(context, metas, Number(timeout));
}
