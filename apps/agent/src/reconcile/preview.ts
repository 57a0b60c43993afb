import { create, fromBinary } from '@bufbuild/protobuf';
import {
  ManifestBodySchema,
  ManifestEntrySchema,
  PlanResultSchema,
  type Kind,
  type PlannedResource,
  type PlanRequest,
  type PlanResult,
} from '@ostler/contracts';
import { AppError, isUuid, messageOf, type ResourceUid } from '@ostler/kernel';
import { unknownFieldsWithin, requireValid, type BodyRules } from '../store';
import type { PreviewChange, Previewed } from './driver.port';
import { placedResource } from './placed-resources';
import type { Reconciler } from './reconciler';

const MOST_FILES = 2000;
const MOST_ACTIONS = 100;

export interface PreviewParts {
  readonly reconciler: Reconciler;
  readonly rules: BodyRules;
  readonly epoch: bigint;
}

/** Plans the resources of a request in shadow trees, those of one kind together; changes nothing. */
export async function previewPlan(request: PlanRequest, parts: PreviewParts): Promise<PlanResult> {
  const { reconciler } = parts;
  const signal = AbortSignal.timeout(30_000);
  try {
    const groups = new Map<Kind, PreviewChange[]>();
    for (const planned of request.resources) {
      const { kind, change } = await decode(planned, parts);
      groups.set(kind, [...(groups.get(kind) ?? []), change]);
    }
    const previews = [...groups].map(([kind, changes]) =>
      reconciler.driver(kind).preview(changes, reconciler.context(), signal),
    );
    return result(request.planId, await Promise.all(previews));
  } catch (error) {
    return create(PlanResultSchema, { planId: request.planId, valid: false, message: describe(error) });
  }
}

async function decode(planned: PlannedResource, { reconciler, rules, epoch }: PreviewParts) {
  const { head, body } = planned;
  if (!head || !isUuid(head.uid)) throw AppError.invalid('head.uid', 'INVALID', 'it is not a uid.');
  const uid = head.uid as ResourceUid;
  if (body.byteLength === 0) return { kind: head.kind, change: { uid } };
  const message = fromBinary(ManifestBodySchema, body);
  const unknown = unknownFieldsWithin(message);
  if (unknown.length > 0) {
    throw AppError.invalid(
      head.name,
      'UNKNOWN_FIELD',
      `it uses ${unknown.join(', ')} that the agent does not know; update the agent.`,
    );
  }
  await requireValid(rules, body);
  const edges = head.edges.map((edge) => ({ kind: edge.kind, name: edge.name, uid: edge.uid }));
  const { kind, name, tenantUid, generation } = head;
  const entry = create(ManifestEntrySchema, { uid, kind, name, tenantUid, generation, edges });
  const resource = placedResource(entry, message, epoch);
  if (!resource) throw AppError.invalid(head.name, 'INVALID', 'it has no spec.');
  reconciler.driver(kind).check(resource);
  return { kind, change: { uid, resource } };
}

function result(planId: string, previews: readonly Previewed[]): PlanResult {
  return create(PlanResultSchema, {
    planId,
    valid: previews.every(({ valid }) => valid),
    message: previews
      .map(({ message }) => message)
      .filter(Boolean)
      .join('\n')
      .slice(0, 4000),
    files: previews.flatMap(({ files }) => files).slice(0, MOST_FILES),
    actions: previews.flatMap(({ actions }) => actions).slice(0, MOST_ACTIONS),
  });
}

function describe(error: unknown): string {
  if (!(error instanceof AppError) || error.violations.length === 0) return messageOf(error);
  return error.violations.map(({ field, message }) => `${field}: ${message}`).join('\n');
}
