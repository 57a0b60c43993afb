import type { DescField, DescMessage, DescOneof } from '@bufbuild/protobuf';
import { type Resource, ResourceSchema } from '@ostler/contracts';
import { joinPath } from '@ostler/resource-model';

export type Side = 'mine' | 'theirs';

export interface MergedEdits {
  readonly resource: Resource;
  /** Paths that both changed, each to another value. */
  readonly conflicts: readonly string[];
}

type Values = Readonly<Record<string, unknown>>;
type Choose = (path: string) => Side;

/**
 * Two changes of one resource put together, field by field: what only one of them changed is taken from that
 * one. Lists are one value, and so is what answers where both chose another kind of answer.
 *
 * @param choose whose value a conflict gets.
 */
export function mergeEdits(
  base: Resource,
  mine: Resource,
  theirs: Resource,
  choose: Choose = () => 'mine',
): MergedEdits {
  const conflicts: string[] = [];
  const noted: Choose = (path) => {
    conflicts.push(path);
    return choose(path);
  };
  const merged = mergeMessage(ResourceSchema, valuesOf(base), valuesOf(mine), valuesOf(theirs), '', noted);
  return { resource: merged as unknown as Resource, conflicts };
}

function mergeMessage(
  desc: DescMessage,
  base: Values,
  mine: Values,
  theirs: Values,
  path: string,
  choose: Choose,
): Values {
  const merged: Record<string, unknown> = { ...mine };
  for (const member of desc.members) {
    const name = member.localName;
    const value = mergeMember(member, base[name], mine[name], theirs[name], joinPath(path, name), choose);
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}

function mergeMember(
  member: DescField | DescOneof,
  base: unknown,
  mine: unknown,
  theirs: unknown,
  path: string,
  choose: Choose,
): unknown {
  if (isSame(mine, theirs) || isSame(theirs, base)) return mine;
  if (isSame(mine, base)) return theirs;
  if (!base || !mine || !theirs) return choose(path) === 'mine' ? mine : theirs;
  const [b, m, t] = [valuesOf(base), valuesOf(mine), valuesOf(theirs)];
  if (member.kind === 'oneof') return mergeOneof(member, b, m, t, path, choose);
  if (member.fieldKind === 'message') return mergeMessage(member.message, b, m, t, path, choose);
  if (member.fieldKind === 'map') return mergeMap(b, m, t, path, choose);
  return choose(path) === 'mine' ? mine : theirs;
}

function mergeOneof(
  { fields }: DescOneof,
  base: Values,
  mine: Values,
  theirs: Values,
  path: string,
  choose: Choose,
): unknown {
  const isOneKind = base['case'] === mine['case'] && base['case'] === theirs['case'];
  const field = fields.find(({ localName }) => localName === mine['case']);
  if (!isOneKind || !field) return choose(path) === 'mine' ? mine : theirs;
  // The path of a oneof is that of its choice: the JSON of a spec does not name the oneof itself.
  const at = joinPath(path.replace(/\.?[^.]+$/, ''), field.localName);
  const value = mergeMember(field, base['value'], mine['value'], theirs['value'], at, choose);
  return { case: field.localName, value };
}

function mergeMap(base: Values, mine: Values, theirs: Values, path: string, choose: Choose): Values {
  const keys = new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs)]);
  const merged: Record<string, unknown> = {};
  for (const key of keys) {
    const [b, m, t] = [base[key], mine[key], theirs[key]];
    const taken = m === t || t === b ? m : m === b ? t : choose(`${path}.${key}`) === 'mine' ? m : t;
    if (taken !== undefined) merged[key] = taken;
  }
  return merged;
}

const valuesOf = (value: unknown): Values => value as Values;

/** Equal in what they say, however their keys are ordered. */
function isSame(one: unknown, other: unknown): boolean {
  return stableText(one) === stableText(other);
}

function stableText(value: unknown): string {
  return (
    JSON.stringify(value, (_key, one: unknown) => {
      if (typeof one === 'bigint') return `${one}n`;
      if (typeof one !== 'object' || one === null || Array.isArray(one)) return one;
      return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? ''
  );
}
