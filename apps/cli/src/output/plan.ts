import {
  type ApplyResponse,
  type ApplyResult,
  ApplyResult_Change as Change,
  type FieldChange,
  FileChange_Action,
  type Resource,
  type ServerPlan,
} from '@ostler/contracts';
import { kindName } from './names';
import { safe, type Style } from './style';

interface Removed {
  readonly resource: Resource;
  readonly consequence: string;
}

/** What an Apply would do: resources with their changed fields, what is removed, then servers with their files. */
export function planText(plan: ApplyResponse, removals: readonly Removed[], style: Style): string {
  return [
    ...changesText(plan, removals, style),
    ...plan.plans.flatMap((one) => serverPlanText(one, style)),
    '',
    summaryText(plan, removals, 'planned'),
  ].join('\n');
}

/** The resources alone, with their changed fields. */
export function changesText(answer: ApplyResponse, removals: readonly Removed[], style: Style): string[] {
  return [
    ...answer.results.flatMap((result) => resultText(result, style)),
    ...removals.flatMap((removal) => removalText(removal, style)),
  ];
}

function resultText({ resource, change, fields }: ApplyResult, style: Style): string[] {
  const head = `${changeSign(change, style)} ${nameOf(resource)}`;
  return change === Change.UPDATED ? [head, ...fields.map((field) => fieldText(field, style))] : [head];
}

function removalText({ resource, consequence }: Removed, style: Style): string[] {
  const lines = safe(consequence, { block: true }).split('\n');
  return [`${style.bad('- remove')} ${nameOf(resource)}`, ...lines.map((line) => `    ${line}`)];
}

function nameOf(resource: Resource | undefined): string {
  return `${kindName(resource?.meta?.kind ?? 0)}/${safe(resource?.meta?.name ?? '')}`;
}

export function fieldText(field: FieldChange, style: Style): string {
  const before = field.before === '' ? style.dim('unset') : style.bad(safe(field.before));
  const after = field.after === '' ? style.dim('unset') : style.good(safe(field.after));
  return `    ${safe(field.path)}: ${before} -> ${after}`;
}

function changeSign(change: Change, style: Style): string {
  if (change === Change.CREATED) return style.good('+ add   ');
  if (change === Change.UPDATED) return style.warn('~ change');
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
    lines.push(`  ${FileChange_Action[file.action]?.toLowerCase()} ${safe(file.path)}`);
    if (file.diff) lines.push(diffText(file.diff, style));
  }
  return [...lines, ...plan.actions.map((action) => `  then ${safe(action)}`)];
}

export function diffText(diff: string, style: Style): string {
  return safe(diff, { block: true })
    .trimEnd()
    .split('\n')
    .map((line) => `    ${diffLine(line, style)}`)
    .join('\n');
}

function diffLine(line: string, style: Style): string {
  if (/^(---|\+\+\+|@@)/.test(line)) return style.dim(line);
  if (line.startsWith('+')) return style.good(line);
  return line.startsWith('-') ? style.bad(line) : line;
}

const words = {
  planned: ['to add', 'to change', 'to remove', 'the same'],
  done: ['added', 'changed', 'removed', 'the same'],
} as const;

export function summaryText(
  { results }: ApplyResponse,
  removals: readonly Removed[],
  tense: keyof typeof words,
): string {
  const count = (change: Change): number => results.filter((result) => result.change === change).length;
  const counts = [count(Change.CREATED), count(Change.UPDATED), removals.length, count(Change.UNCHANGED)];
  return counts.map((number, index) => `${number} ${words[tense][index]}`).join(', ');
}
