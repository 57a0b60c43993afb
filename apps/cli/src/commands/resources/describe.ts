import { type Condition, ConditionStatus, type PlacementStatus, type Resource } from '@ostler/contracts';
import { toSpecFile } from '@ostler/resource-model';
import type { Command } from 'commander';
import type { CommandContext } from '../../command-context';
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
      const { resource } = await context.ostler().resources.get({ kind: kindOf(kind), name });
      if (resource) describe(context, resource);
    });
}

function describe(context: CommandContext, resource: Resource): void {
  const { style } = context;
  const { meta, status } = resource;
  context.print(style.strong(`${kindName(meta?.kind ?? 0)} ${safe(meta?.name ?? '')}`));
  context.print(`generation ${meta?.generation}, changed ${ageOf(meta?.updatedAt)} ago, uid ${meta?.uid}`);
  context.print('');
  context.print(conditionTable(context, status?.conditions ?? []));
  for (const placement of status?.placementStatuses ?? []) describePlacement(context, placement);
  context.print('');
  context.print(style.strong('Spec'));
  context.write(safe(toSpecFile(resource), { block: true }));
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
