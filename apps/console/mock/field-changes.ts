import { type JsonValue, toJson } from '@bufbuild/protobuf';
import { CertificateSpecSchema, type Resource, SiteSpecSchema } from '@ostler/contracts';

/** The spec as plain JSON. */
export function specJson({ spec }: Resource): JsonValue {
  if (spec.case === 'site') return toJson(SiteSpecSchema, spec.value);
  if (spec.case === 'certificate') return toJson(CertificateSpecSchema, spec.value);
  return {};
}

/** Which fields differ, each with its JSON before and after. */
export function fieldChanges(
  before: Resource | undefined,
  after: Resource,
): { path: string; before: string; after: string }[] {
  const old = before ? flatten(declared(before)) : new Map<string, string>();
  const next = flatten(declared(after));
  return [...new Set([...old.keys(), ...next.keys()])]
    .filter((path) => old.get(path) !== next.get(path))
    .map((path) => ({ path, before: old.get(path) ?? '', after: next.get(path) ?? '' }));
}

/** All that a person declares: the spec, the display name and the labels. */
function declared(resource: Resource): JsonValue {
  const { displayName = '', labels = {} } = resource.meta ?? {};
  return { ...(specJson(resource) as Record<string, JsonValue>), meta: { displayName, labels } };
}

function flatten(value: JsonValue, path = '', into = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value)) value.forEach((item, index) => flatten(item, `${path}[${index}]`, into));
  else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) flatten(item, path ? `${path}.${key}` : key, into);
  } else into.set(path, JSON.stringify(value));
  return into;
}
