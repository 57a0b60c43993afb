import {
  ApplyResult_Change as Change,
  ErrorReason,
  type FieldChange,
  ResourceMetaSchema,
} from '@ostler/contracts';
import { AppError, type Clock, systemClock } from '@ostler/kernel';
import { diffMessages, Problems } from '@ostler/resource-model';
import { Injectable } from '@nestjs/common';

import { execute, queryOne, UnitOfWork, Wake } from '../../platform/db';
import { audit, currentCall } from '../../platform/rpc';
import { OrderOfChanges } from '../store/order-of-changes';
import { PlacementRepository } from '../store/placement.repository';
import { ResourceRepository } from '../store/resource.repository';
import { RevisionRepository } from '../store/revision.repository';
import { storeSpec } from '../store/stored-spec';
import { admitDomains } from './domains.admit';
import { type Admitted, type Draft, titleOf } from './draft';
import { admitFeatureLevels } from './feature-level.admit';
import { admitPlacements } from './placements.admit';
import { admitReferences } from './references.admit';
import { SecretAdmission } from './secrets.admit';
import { summariseChange } from './summarise-change';

export const MOST_BODY_BYTES = 1_048_576;
export const MOST_ENTRIES_PER_SERVER = 5_000;

/**
 * Takes drafts into the store, all or none: spec, revision, references, domains, placements, audit and
 * wake-up in the transaction of the caller (DESIGN: one transaction, whole history).
 *
 * A change of labels or display name alone is a change (watchers see it, the audit names it) without a new
 * generation: generations count what servers are asked for.
 */
@Injectable()
export class AdmissionService {
  clock: Clock = systemClock;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly resources: ResourceRepository,
    private readonly revisions: RevisionRepository,
    private readonly placements: PlacementRepository,
    private readonly secrets: SecretAdmission,
  ) {}

  /** `open` runs under the lock of the order of changes, so that what it reads stays as it is. */
  async admit(open: () => Promise<readonly Draft[]>): Promise<Admitted[]> {
    const { tenantUid } = currentCall();
    const order = await OrderOfChanges.lock(this.unitOfWork, tenantUid);
    const admitted: Admitted[] = [];
    const drafts = await open();
    for (const draft of drafts) admitted.push(await this.finish(draft));
    refuseProblems(drafts);
    const changed = admitted.filter(({ change }) => change !== Change.UNCHANGED);
    if (changed.length === 0) return admitted;
    await this.store(changed, order);
    await this.follow(changed, order);
    await order.save();
    this.wake.notify('resources');
    for (const draft of changed) {
      audit.note({
        subject: titleOf(draft),
        resourceUid: draft.uid,
        generation: draft.generation,
        message: summariseChange(draft),
      });
    }
    return admitted;
  }

  /** What the kind and the secrets say; then the spec is final and can be compared. */
  private async finish(draft: Draft): Promise<Admitted> {
    const { model, engine, existing, problems } = draft;
    await engine.admit?.({
      spec: draft.spec,
      previous: draft.previous,
      problems,
      now: this.clock.now(),
      secret: (path) => this.secrets.reveal(draft, path),
      release: (digest) => findRelease(draft.tenantUid, digest),
    });
    await this.secrets.seal(draft);
    const stored = storeSpec(model, draft.spec);
    if (stored.spec.length > MOST_BODY_BYTES) {
      problems.add('', 'TOO_LARGE', `has ${stored.spec.length} bytes; a spec may have ${MOST_BODY_BYTES}`);
    }
    const specChanged = !existing?.specSha256.equals(stored.specSha256);
    return {
      ...draft,
      stored,
      specChanged,
      change: changeOf(draft, specChanged),
      fields: [...diffMessages(model.schema, draft.previous, draft.spec), ...metaChanges(draft)],
      generation: (existing?.generation ?? 0n) + (specChanged ? 1n : 0n),
    };
  }

  private async store(changed: readonly Admitted[], order: OrderOfChanges): Promise<void> {
    const { actor } = currentCall();
    const writes = changed.map((draft) => ({
      uid: draft.uid,
      tenantUid: draft.tenantUid,
      kind: draft.model.kind,
      name: draft.given.meta!.name,
      displayName: draft.given.meta!.displayName,
      labels: draft.given.meta!.labels,
      generation: draft.generation,
      resourceVersion: order.next(),
      ...draft.stored,
      searchText: searchText(draft),
      actor,
      summary: summariseChange(draft),
      resourceUid: draft.uid,
      specChanged: draft.specChanged,
      isNew: !draft.existing,
    }));
    await this.resources.insert(writes.filter(({ isNew }) => isNew));
    await this.resources.update(writes.filter(({ isNew }) => !isNew));
    await this.revisions.insert(writes.filter(({ specChanged }) => specChanged));
  }

  /** Everything that follows from a changed spec. */
  private async follow(changed: readonly Admitted[], order: OrderOfChanges): Promise<void> {
    const referenced = await admitReferences(changed);
    await admitDomains(changed, this.unitOfWork);
    await this.writeReleases(changed);
    const servers = await this.place(changed, referenced, order);
    await admitFeatureLevels(changed);
    const overfull = await this.placements.overfull(servers, MOST_ENTRIES_PER_SERVER);
    if (overfull) {
      throw new AppError(
        ErrorReason.LIMIT_EXCEEDED,
        `Server ${overfull.name} would carry ${overfull.count} resources; ${MOST_ENTRIES_PER_SERVER} is the most. Place some elsewhere.`,
      );
    }
    if (servers.length === 0) return;
    // A server that the resource leaves may belong to a tenant around this one.
    await this.unitOfWork.asSystem('admission', () => this.placements.wantManifests(servers));
    this.wake.notify('manifests-wanted');
  }

  /** Puts resources where they say, then those without a placement of their own where they are referenced. */
  private async place(
    changed: readonly Admitted[],
    referenced: ReadonlySet<string>,
    order: OrderOfChanges,
  ): Promise<string[]> {
    const targets = await admitPlacements(changed);
    const touched = new Set<string>();
    for (const draft of changed) {
      const servers = targets.get(draft.uid);
      if (!servers) continue;
      const uids = servers.map(({ uid }) => uid);
      const moved = await this.placements.setServers(draft.uid, draft.tenantUid, draft.generation, uids);
      for (const uid of moved) touched.add(uid);
    }
    const followers = new Set(referenced);
    for (const { uid, model, spec, specChanged } of changed)
      if (specChanged && !model.placement(spec)) followers.add(uid);
    const servers = await this.placements.follow(await this.resources.findByUids([...followers]));
    for (const uid of servers.touched) touched.add(uid);
    await this.resources.touch(servers.moved, order.take(servers.moved.length));
    return [...touched];
  }

  private async writeReleases(changed: readonly Admitted[]): Promise<void> {
    const rows = changed.flatMap(({ uid, tenantUid, engine, spec }) =>
      engine.releases(spec).map((digest) => ({ uid, tenantUid, digest })),
    );
    await execute('delete from resource_release where resource_uid = any ($1)', [
      changed.map(({ uid }) => uid),
    ]);
    await execute(
      'insert into resource_release (resource_uid, tenant_uid, digest) select * from unnest($1::uuid[], $2::uuid[], $3::text[])',
      [rows.map(({ uid }) => uid), rows.map(({ tenantUid }) => tenantUid), rows.map(({ digest }) => digest)],
    );
  }
}

function refuseProblems(drafts: readonly Draft[]): void {
  const all = new Problems();
  for (const { problems } of drafts) {
    for (const { field, reason, message } of problems.violations) all.add(field, reason, message);
  }
  all.throwIfAny();
}

function findRelease(tenantUid: string, digest: string): Promise<{ complete: boolean } | undefined> {
  // Locked, so that it is not cleaned up while a spec begins to use it.
  return queryOne('select complete from release where tenant_uid = $1 and digest = $2 for share', [
    tenantUid,
    digest,
  ]);
}

function changeOf(draft: Draft, specChanged: boolean): Change {
  if (!draft.existing) return Change.CREATED;
  return specChanged || metaChanges(draft).length > 0 ? Change.UPDATED : Change.UNCHANGED;
}

/** A revert takes back the spec alone; what people call the resource stays. */
function metaChanges({ existing, given }: Draft): FieldChange[] {
  if (!existing) return [];
  const before = { ...given.meta!, displayName: existing.displayName, labels: existing.labels };
  return diffMessages(ResourceMetaSchema, before, given.meta);
}

function searchText({ given, model, spec }: Draft): string {
  const { name, displayName } = given.meta!;
  return [name, displayName, ...model.domains(spec)].join(' ').toLowerCase();
}
