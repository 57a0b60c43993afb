import { Kind, type Resource } from '@ostler/contracts';

type Resources = ReadonlyMap<string, Resource>;

const sorted = new WeakMap<Resources, Map<Kind, readonly Resource[]>>();

/** Names are of lower-case letters, digits and dashes: comparing by code unit is right, and ten times faster. */
const byName = (a: Resource, b: Resource): number => {
  const [one, other] = [a.meta?.name ?? '', b.meta?.name ?? ''];
  return one < other ? -1 : one > other ? 1 : 0;
};

/** The resources of one kind, by name; sorted once for all who show them. */
export function resourcesOfKind(resources: Resources, kind: Kind): readonly Resource[] {
  const kinds = sorted.get(resources) ?? new Map<Kind, readonly Resource[]>();
  sorted.set(resources, kinds);
  const known = kinds.get(kind);
  if (known) return known;
  const found = [...resources.values()].filter(({ meta }) => meta?.kind === kind).sort(byName);
  kinds.set(kind, found);
  return found;
}
