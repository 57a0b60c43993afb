import { type Condition, ConditionStatus, type Resource } from '@ostler/contracts';
import { ageOf } from './age';
import { kindName, readyOf } from './names';
import { safe, type Style } from './style';

export const resourceHeads = ['KIND', 'NAME', 'READY', 'PLACED', 'GENERATION', 'AGE', 'MESSAGE'];

/** One line of `ostler get`. */
export function resourceRow(resource: Resource, style: Style): string[] {
  const { meta, status } = resource;
  const ready = readyOf(status?.conditions ?? []);
  return [
    kindName(meta?.kind ?? 0),
    safe(meta?.name ?? ''),
    meta?.deletedAt ? style.warn('removing') : conditionWord(ready, style),
    `${status?.placementsReady ?? 0}/${status?.placements ?? 0}`,
    String(meta?.generation ?? 0n),
    ageOf(meta?.createdAt),
    ready && ready.status !== ConditionStatus.TRUE ? safe(ready.message) : '',
  ];
}

export function conditionWord(condition: Condition | undefined, style: Style): string {
  if (condition?.status === ConditionStatus.TRUE) return style.good('yes');
  if (condition?.status === ConditionStatus.FALSE) return style.bad('no');
  return style.dim('unknown');
}
