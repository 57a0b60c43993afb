import { type Condition, ConditionStatus, type PlacementStatus, type Resource } from '@ostler/contracts';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
import { docsOf, isTrouble, meaningOf, nextSteps } from '../../output/advice';
import { ageOf } from '../../output/age';
import { kindName, kindOf } from '../../output/names';
import { conditionWord } from '../../output/resource-rows';
import { safe } from '../../output/style';
import { table } from '../../output/table';

export function describeCommand(program: Command, context: CommandContext): void {
  program
    .command('describe <kind> <name>')
    .description('Explain one resource: its state on each server, what is wrong and what to do, its spec.')
    .action(async (kind: string, name: string) => {
      if (/^servers?$/.test(kind)) return describeServer(context, name);
      const { resource } = await context.ostler().resources.get({ kind: kindOf(kind), name });
      if (resource) await describe(context, resource);
    });
}

async function describeServer(context: CommandContext, name: string): Promise<void> {
  const [{ printServer }, { server }] = await Promise.all([
    import('../servers/describe'),
    context.ostler().fleet.getServer({ name }),
  ]);
  if (server) printServer(context, server);
}

async function describe(context: CommandContext, resource: Resource): Promise<void> {
  const { style } = context;
  const { meta, status } = resource;
  context.print(style.strong(`${kindName(meta?.kind ?? 0)} ${safe(meta?.name ?? '')}`));
  context.print(`generation ${meta?.generation}, changed ${ageOf(meta?.updatedAt)} ago, uid ${meta?.uid}`);
  context.print('');
  context.print(conditionTable(context, status?.conditions ?? []));
  for (const placement of status?.placementStatuses ?? []) describePlacement(context, placement);
  printTrouble(context, resource);
  const { toSpecFile } = await import('../../output/yaml');
  context.print('');
  context.print(style.strong('Spec'));
  context.write(safe(toSpecFile(resource), { block: true }));
}

/** What the conditions mean and what to do: only where something is not as it should be. */
function printTrouble(context: CommandContext, resource: Resource): void {
  const { conditions = [], placementStatuses = [] } = resource.status ?? {};
  const all = [...conditions, ...placementStatuses.flatMap((placement) => placement.conditions)];
  const trouble = all.filter((condition) => isTrouble(condition) && condition.reason !== '');
  if (trouble.length === 0) return;
  const { style } = context;
  context.print('');
  context.print(style.strong('What it means'));
  for (const type of new Set(trouble.map((condition) => condition.type))) {
    const meaning = meaningOf[type];
    if (meaning) context.print(`  ${safe(type)}: ${meaning}.`);
  }
  for (const reason of new Set(trouble.map((condition) => condition.reason))) {
    context.print(style.dim(`  ${safe(reason)}: ${docsOf(context.url, safe(reason))}`));
  }
  const steps = nextSteps(resource);
  if (steps.length === 0) return;
  context.print('');
  context.print(style.strong('What to do next'));
  for (const step of steps) context.print(`  ${step}`);
}

function describePlacement(context: CommandContext, placement: PlacementStatus): void {
  const notes = [
    `generation ${placement.observedGeneration}`,
    placement.removing ? 'being removed' : '',
    placement.stale ? 'not connected: last known state' : '',
    placement.reportedAt ? `reported ${ageOf(placement.reportedAt)} ago` : 'not reported yet',
  ].filter(Boolean);
  context.print('');
  context.print(`${context.style.strong(`On ${safe(placement.serverName)}`)} (${notes.join(', ')})`);
  context.print(conditionTable(context, placement.conditions));
  if (placement.detail.case === 'site') {
    for (const url of placement.detail.value.urls) context.print(`  serves ${safe(url)}`);
  }
  for (const change of placement.drift) {
    context.print(context.style.warn(`  changed by hand: ${safe(change.path)}`));
    context.print(safe(change.diff, { block: true }));
  }
}

function conditionTable(context: CommandContext, conditions: readonly Condition[]): string {
  const rows = conditions.map((condition) => [
    `  ${safe(condition.type)}`,
    conditionWord(condition, context.style),
    ageOf(condition.lastTransitionAt),
    safe(condition.reason),
    condition.status === ConditionStatus.TRUE && condition.type === 'Ready' ? '' : safe(condition.message),
  ]);
  return table(['  CONDITION', 'STATUS', 'SINCE', 'REASON', 'MESSAGE'], rows);
}
