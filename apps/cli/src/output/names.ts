import { type Condition, ConditionStatus, Kind } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { nearest } from '@ostler/resource-model';

const kinds: readonly { readonly kind: Kind; readonly name: string; readonly words: readonly string[] }[] = [
  { kind: Kind.SITE, name: 'site', words: ['site', 'sites'] },
  { kind: Kind.CERTIFICATE, name: 'certificate', words: ['certificate', 'certificates', 'cert', 'certs'] },
];

/** The kind that a word on the command line means. */
export function kindOf(word: string): Kind {
  const found = kinds.find(({ words }) => words.includes(word.toLowerCase()));
  if (found) return found.kind;
  const known = kinds.map(({ name }) => name).join(', ');
  const meant = nearest(word, [...kinds.flatMap(({ words }) => words), 'server', 'servers']);
  const hint = meant ? `did you mean ${meant}? ` : '';
  throw AppError.invalid(
    'kind',
    'UNKNOWN_KIND',
    `there is no kind "${word}"; ${hint}The kinds are: ${known}, and server`,
  );
}

/** The words that mean a kind, one for each. */
export function kindWords(): string[] {
  return kinds.map(({ words }) => words[1]!);
}

export function kindName(kind: Kind): string {
  return kinds.find((entry) => entry.kind === kind)?.name ?? 'resource';
}

export function readyOf(conditions: readonly Condition[]): Condition | undefined {
  return conditions.find((condition) => condition.type === 'Ready');
}

export function isReady(conditions: readonly Condition[]): boolean {
  return readyOf(conditions)?.status === ConditionStatus.TRUE;
}
