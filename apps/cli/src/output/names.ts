import {
  AuditEntry_Outcome,
  type Condition,
  ConditionStatus,
  Kind,
  Operation_State,
  Role,
  Rollout_State,
  RolloutServer_State,
  Server_State,
} from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

const kinds: readonly { readonly kind: Kind; readonly name: string; readonly words: readonly string[] }[] = [
  { kind: Kind.SITE, name: 'site', words: ['site', 'sites'] },
  { kind: Kind.CERTIFICATE, name: 'certificate', words: ['certificate', 'certificates', 'cert', 'certs'] },
];

/** The kind that a word on the command line means. */
export function kindOf(word: string): Kind {
  const found = kinds.find(({ words }) => words.includes(word.toLowerCase()));
  if (found) return found.kind;
  const known = kinds.map(({ name }) => name).join(', ');
  throw AppError.invalid(
    'kind',
    'UNKNOWN_KIND',
    `there is no kind "${word}"; the kinds are: ${known}, and server`,
  );
}

export function kindName(kind: Kind): string {
  return kinds.find((entry) => entry.kind === kind)?.name ?? 'resource';
}

/** The name of an enum's value in lower case, as people read it. */
function lower(names: Record<number, string>, value: number | undefined): string {
  return (names[value ?? 0] ?? 'unknown').toLowerCase().replaceAll('_', ' ');
}

export const roleName = (role: Role | undefined): string => lower(Role, role);
export const operationStateName = (state: Operation_State): string => lower(Operation_State, state);
export const serverStateName = (state: Server_State): string => lower(Server_State, state);
export const rolloutStateName = (state: Rollout_State): string => lower(Rollout_State, state);
export const rolloutServerStateName = (state: RolloutServer_State): string =>
  lower(RolloutServer_State, state);
export const outcomeName = (outcome: AuditEntry_Outcome): string => lower(AuditEntry_Outcome, outcome);

export function readyOf(conditions: readonly Condition[]): Condition | undefined {
  return conditions.find((condition) => condition.type === 'Ready');
}

export function isReady(conditions: readonly Condition[]): boolean {
  return readyOf(conditions)?.status === ConditionStatus.TRUE;
}
