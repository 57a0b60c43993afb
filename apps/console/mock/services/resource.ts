import { clone, create } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import {
  ApplyResult_Change as Change,
  type ApplyRequest,
  ErrorReason,
  type Kind,
  type Resource,
  ResourceSchema,
  type ResourceService,
  RevisionSchema,
  WatchResponse_Type,
} from '@ostler/contracts';
import { newUid } from '@ostler/kernel';
import { specToYaml } from '@ostler/resource-model';
import { admit, refuseDomainsOfOthers, refuseInvalid, refuseMissingReferences } from '../admission';
import { fieldChanges } from '../field-changes';
import { plansFor } from '../plan';
import { placedOn, progressingStatus, readyStatus } from '../placements';
import { refusal } from '../refuse';
import { personOf } from '../sessions';
import type { World } from '../world';

type Methods = ServiceImpl<typeof ResourceService>;

export function resourceService(world: World): Methods {
  return { ...readMethods(world), ...changeMethods(world) };
}

function existing(world: World, kind: Kind, name: string): Resource {
  const resource = world.resourceByName(kind, name);
  if (!resource) throw refusal(ErrorReason.NOT_FOUND, `"${name}" does not exist.`);
  return resource;
}

/** Present, or what is left of it in its history, by its name or uid. */
function ever(world: World, kind: Kind, name: string): Resource {
  const present = world.resourceByName(kind, name);
  if (present) return present;
  const last = [...world.revisions.values()]
    .map((revisions) => revisions.at(-1)?.resource)
    .find((one) => one?.meta?.kind === kind && [one.meta.name, one.meta.uid].includes(name));
  if (!last?.meta) throw refusal(ErrorReason.NOT_FOUND, `"${name}" does not exist.`);
  return { ...last, meta: { ...last.meta, deletedAt: timestampNow() } };
}

function revisionAt(world: World, resource: Resource, generation: bigint) {
  const revisions = world.revisions.get(resource.meta?.uid ?? '') ?? [];
  const wanted = generation === 0n ? resource.meta?.generation : generation;
  const revision = revisions.find((one) => one.generation === wanted);
  if (!revision?.resource) throw refusal(ErrorReason.NOT_FOUND, `There is no generation ${generation}.`);
  return { ...revision, resource: revision.resource };
}

function readMethods(world: World): Pick<Methods, 'get' | 'list' | 'watch' | 'listRevisions' | 'diff'> {
  return {
    get: ({ kind, name }) => ({ resource: existing(world, kind, name) }),
    list({ kind }) {
      const resources = [...world.resources.values()].filter(({ meta }) => kind === 0 || meta?.kind === kind);
      return { resources, total: resources.length };
    },
    async *watch() {
      for (const resource of world.resources.values()) yield { type: WatchResponse_Type.PRESENT, resource };
    },
    listRevisions({ kind, name, pageSize, pageToken }) {
      const { meta } = ever(world, kind, name);
      const all = world.revisions.get(meta?.uid ?? '')?.toReversed() ?? [];
      const [begin, end] = [Number(pageToken), Number(pageToken) + (pageSize || 100)];
      const revisions = all.slice(begin, end);
      const nextPageToken = end < all.length ? String(end) : '';
      if (!meta?.deletedAt) return { revisions, nextPageToken };
      const { deletedAt } = meta;
      return {
        nextPageToken,
        revisions: revisions.map((one) => ({
          ...one,
          resource: one.resource?.meta && {
            ...one.resource,
            meta: { ...one.resource.meta, deletedAt },
          },
        })),
      };
    },
    diff({ kind, name, fromGeneration, toGeneration }) {
      const resource = ever(world, kind, name);
      const before = revisionAt(world, resource, fromGeneration).resource;
      const after = revisionAt(world, resource, toGeneration).resource;
      return {
        fields: fieldChanges(before, after),
        beforeYaml: specToYaml(before.spec),
        afterYaml: specToYaml(after.spec),
      };
    },
  };
}

function changeMethods(world: World): Pick<Methods, 'apply' | 'delete' | 'revert'> {
  return {
    apply: (request, context) => apply(world, request, context),
    delete({ kind, name, dryRun }, context) {
      const resource = existing(world, kind, name);
      const servers = placedOn(world, resource).map((server) => server.name);
      if (!dryRun) remove(world, resource, context);
      const consequence = `Removes the vhost on ${servers.length} ${servers.length === 1 ? 'server' : 'servers'}; certificates stay.`;
      return { servers, consequence };
    },
    revert({ kind, name, toGeneration }, context) {
      const present = existing(world, kind, name);
      const next = clone(ResourceSchema, revisionAt(world, present, toGeneration).resource);
      store(world, present, next, context, `reverted to generation ${toGeneration}`);
      return { resource: next };
    },
  };
}

function apply(world: World, request: ApplyRequest, context: HandlerContext) {
  refuseInvalid(request);
  refuseDomainsOfOthers(world, request.resources);
  refuseMissingReferences(world, request.resources);
  const results = request.resources.map((sent) => {
    const present = world.resourceByName(sent.meta!.kind, sent.meta!.name);
    const resource = admit(sent, present);
    const fields = fieldChanges(present, resource);
    const changed = fields.length > 0;
    const change = !present ? Change.CREATED : changed ? Change.UPDATED : Change.UNCHANGED;
    if (!request.dryRun && change !== Change.UNCHANGED) {
      const summary = present ? `changed ${fields[0]?.path}${more(fields.length - 1)}` : 'created';
      store(world, present, resource, context, summary);
    }
    return { resource, change, fields };
  });
  const plans = request.dryRun
    ? results.flatMap(({ resource }) =>
        plansFor(world, world.resourceByName(resource.meta!.kind, resource.meta!.name), resource),
      )
    : [];
  return { results, plans };
}

const more = (count: number): string => (count > 0 ? ` and ${count} more` : '');

function store(
  world: World,
  present: Resource | undefined,
  next: Resource,
  context: HandlerContext,
  summary: string,
): void {
  const meta = next.meta!;
  meta.uid = present?.meta?.uid ?? newUid();
  meta.generation = (present?.meta?.generation ?? 0n) + 1n;
  meta.createdAt = present?.meta?.createdAt ?? timestampNow();
  next.status = progressingStatus(world, next);
  const actor = personOf(context).email;
  const revision = create(RevisionSchema, {
    generation: meta.generation,
    createdAt: timestampNow(),
    actor,
    summary,
    resource: clone(ResourceSchema, next),
  });
  world.revisions.set(meta.uid, [...(world.revisions.get(meta.uid) ?? []), revision]);
  world.putResource(next);
  world.record({
    actor,
    method: 'ostler.api.v1.ResourceService/Apply',
    outcome: 1,
    subject: `${meta.kind === 1 ? 'Site' : 'Certificate'} ${meta.name}`,
    resourceUid: meta.uid,
    generation: meta.generation,
    message: summary,
  });
  world.later(3, () => settle(world, meta.uid, meta.generation));
}

function settle(world: World, uid: string, generation: bigint): void {
  const resource = world.resources.get(uid);
  if (resource?.meta?.generation !== generation) return;
  world.putResource({ ...resource, status: readyStatus(world, resource) });
}

function remove(world: World, resource: Resource, context: HandlerContext): void {
  const meta = resource.meta!;
  const deletedAt = timestampNow();
  world.putResource({
    ...resource,
    meta: { ...meta, deletedAt },
    status: progressingStatus(world, resource),
  });
  world.record({
    actor: personOf(context).email,
    method: 'ostler.api.v1.ResourceService/Delete',
    outcome: 1,
    subject: `${meta.kind === 1 ? 'Site' : 'Certificate'} ${meta.name}`,
    resourceUid: meta.uid,
    message: 'deleted',
  });
  world.later(3, () => world.removeResource(meta.uid));
}
