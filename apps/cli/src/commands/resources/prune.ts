import { ErrorReason, type Resource } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { everyPage, explainError, newRequestId, type Ostler } from '@ostler/sdk';
import { kindName } from '../../output/names';
import type { Declared } from './spec-files';

export type Labels = Readonly<Record<string, string>>;

/** A resource that is live and no longer declared. */
export interface Removal {
  readonly resource: Resource;
  /** What removing it means, in words; the control plane says it. */
  readonly consequence: string;
}

/**
 * What carries the labels and is in none of the files. A selector is a must, so that a folder can only remove what
 * is its own; and each file must carry it, or the next run would not see what it declared.
 *
 * @throws AppError INVALID
 */
export async function findRemovals(
  ostler: Ostler,
  declared: readonly Declared[],
  labels: Labels,
): Promise<Removal[]> {
  requireSelector(declared, labels);
  const kept = new Set(declared.map(({ resource }) => keyOf(resource)));
  const live = await listLabelled(ostler, labels);
  const gone = live.filter((resource) => !kept.has(keyOf(resource)) && !resource.meta?.deletedAt);
  return Promise.all(
    gone.map(async (resource) => ({ resource, consequence: await preview(ostler, resource) })),
  );
}

function requireSelector(declared: readonly Declared[], labels: Labels): void {
  const wanted = Object.entries(labels);
  if (wanted.length === 0) {
    throw AppError.invalid(
      '--prune',
      'SELECTOR_REQUIRED',
      'say with --selector key=value what belongs to these files: what carries the labels and is in no file is removed',
    );
  }
  const violations = declared.flatMap(({ resource: { meta }, place }) => {
    const missing = wanted.filter(([key, value]) => meta?.labels[key] !== value);
    if (missing.length === 0) return [];
    const words = missing.map(([key, value]) => `${key}: ${value}`).join(', ');
    return [
      { field: place, reason: 'LABEL_MISSING', message: `${titleOf(meta)} must carry ${words} under labels` },
    ];
  });
  if (violations.length > 0)
    throw new AppError(ErrorReason.INVALID, 'A spec file does not carry the selector.', { violations });
}

async function listLabelled(ostler: Ostler, labels: Labels): Promise<Resource[]> {
  const found: Resource[] = [];
  const query = { labels: { ...labels }, pageSize: 500 };
  for await (const page of everyPage((pageToken) => ostler.resources.list({ ...query, pageToken }))) {
    found.push(...page.resources);
  }
  return found;
}

async function preview(ostler: Ostler, { meta }: Resource): Promise<string> {
  const wish = { requestId: newRequestId(), kind: meta!.kind, name: meta!.name, dryRun: true };
  try {
    return (await ostler.resources.delete(wish)).consequence;
  } catch (error) {
    const { reason, message } = explainError(error);
    // What refers to it may be removed in the same run.
    if (reason === ErrorReason.REFERENCED) return message;
    throw error;
  }
}

/** Removes what the plan showed, at the generation that it showed; what is referred to comes after what refers. */
export async function remove(ostler: Ostler, removals: readonly Removal[]): Promise<void> {
  let left = removals;
  while (left.length > 0) {
    const referenced: { removal: Removal; error: unknown }[] = [];
    for (const removal of left) {
      const { kind, name, generation } = removal.resource.meta!;
      try {
        await ostler.resources.delete({ requestId: newRequestId(), kind, name, generation });
      } catch (error) {
        if (explainError(error).reason !== ErrorReason.REFERENCED) throw error;
        referenced.push({ removal, error });
      }
    }
    if (referenced.length === left.length) throw referenced[0]!.error;
    left = referenced.map(({ removal }) => removal);
  }
}

function keyOf({ meta }: Resource): string {
  return `${meta?.kind}/${meta?.name}`;
}

export function titleOf(meta: Resource['meta']): string {
  return `${kindName(meta?.kind ?? 0)}/${meta?.name ?? ''}`;
}
