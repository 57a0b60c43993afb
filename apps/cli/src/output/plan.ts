import { type ApplyResponse, ApplyResult_Change, type FieldChange, type ServerPlan } from '@ostler/contracts';
import { FileChange_Action } from '@ostler/contracts';
import { kindName } from './names';
import { safe, type Style } from './style';

/** What an Apply would do, or did: resources with their changed fields, then servers with their files. */
export function planText(answer: ApplyResponse, style: Style): string {
  const lines = answer.results.flatMap((result) => {
    const name = `${kindName(result.resource?.meta?.kind ?? 0)}/${safe(result.resource?.meta?.name ?? '')}`;
    const head = `${changeSign(result.change, style)} ${name}`;
    return result.change === ApplyResult_Change.UPDATED
      ? [head, ...result.fields.map((field) => fieldText(field, style))]
      : [head];
  });
  return [...lines, ...answer.plans.flatMap((plan) => serverPlanText(plan, style)), summary(answer)].join(
    '\n',
  );
}

export function fieldText(field: FieldChange, style: Style): string {
  const before = field.before === '' ? style.dim('unset') : style.bad(safe(field.before));
  const after = field.after === '' ? style.dim('unset') : style.good(safe(field.after));
  return `    ${safe(field.path)}: ${before} -> ${after}`;
}

function changeSign(change: ApplyResult_Change, style: Style): string {
  if (change === ApplyResult_Change.CREATED) return style.good('+ add   ');
  if (change === ApplyResult_Change.UPDATED) return style.warn('~ change');
  return style.dim('= same  ');
}

function serverPlanText(plan: ServerPlan, style: Style): string[] {
  const state = plan.verified
    ? plan.valid
      ? style.good('tested on the server')
      : style.bad('refused by the server')
    : style.warn('not verified on the server');
  const lines = ['', `${style.strong(`On ${safe(plan.serverName)}`)}: ${state}`];
  if (plan.message) lines.push(`  ${safe(plan.message, { block: true })}`);
  for (const file of plan.files) {
    lines.push(
      `  ${FileChange_Action[file.action]?.toLowerCase()} ${safe(file.path)}`,
      diffText(file.diff, style),
    );
  }
  lines.push(...plan.actions.map((action) => `  then ${safe(action)}`));
  return lines.filter((line) => line !== undefined);
}

export function diffText(diff: string, style: Style): string {
  return safe(diff, { block: true })
    .split('\n')
    .map((line) => (line.startsWith('+') ? style.good(line) : line.startsWith('-') ? style.bad(line) : line))
    .map((line) => `    ${line}`)
    .join('\n');
}

function summary({ results }: ApplyResponse): string {
  const count = (change: ApplyResult_Change): number =>
    results.filter((result) => result.change === change).length;
  const { CREATED, UPDATED, UNCHANGED } = ApplyResult_Change;
  return `\n${count(CREATED)} to add, ${count(UPDATED)} to change, ${count(UNCHANGED)} the same`;
}
