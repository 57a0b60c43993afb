import { create } from '@bufbuild/protobuf';
import {
  type DeleteRequest,
  type DeleteResponse,
  DeleteResponseSchema,
  ErrorReason,
  Kind,
} from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { resourceTitle } from '@ostler/resource-model';
import { Injectable } from '@nestjs/common';

import { execute, query, UnitOfWork, Wake } from '../../platform/db';
import { audit, currentCall } from '../../platform/rpc';
import { ResourceReader } from '../reading/resource-reader';
import { OrderOfChanges } from '../store/order-of-changes';
import { PlacementRepository } from '../store/placement.repository';
import { ResourceRepository } from '../store/resource.repository';
import type { ResourceRow } from '../store/resource-row';
import { expectGeneration } from './drafts';

/** Deletes a resource: a tombstone on each of its servers; gone when the last has carried it out. */
@Injectable()
export class DeleteService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly reader: ResourceReader,
    private readonly resources: ResourceRepository,
    private readonly placements: PlacementRepository,
  ) {}

  async delete(request: DeleteRequest): Promise<DeleteResponse> {
    const order = await OrderOfChanges.lock(this.unitOfWork, currentCall().tenantUid);
    const row = await this.reader.requireNamed(request.kind, request.name);
    expectGeneration(request.generation, row, 'generation', resourceTitle(row.kind, row.name));
    await this.refuseReferenced(row);
    const servers = await this.placements.serversOf(row.uid);
    const response = create(DeleteResponseSchema, {
      servers: servers.map(({ name }) => name),
      consequence: consequenceOf(
        row,
        servers.map(({ name }) => name),
      ),
    });
    if (request.dryRun) audit.nothingChanged();
    else if (!row.deletedAt) await this.bury(row, order);
    return response;
  }

  private async bury(row: ResourceRow, order: OrderOfChanges): Promise<void> {
    const referenced = await query<{ uid: string }>(
      'delete from reference where from_uid = $1 returning to_uid as uid',
      [row.uid],
    );
    const touched = await this.placements.setServers(row.uid, row.tenantUid, row.generation, []);
    const targets = await this.resources.findByUids(referenced.map(({ uid }) => uid));
    const followed = await this.placements.follow(targets);
    await this.resources.touch(followed.moved, order.take(followed.moved.length));
    touched.push(...followed.touched);
    await execute('delete from resource_release where resource_uid = $1', [row.uid]);
    if ((await this.placements.count(row.uid)) === 0) await this.resources.remove(row, order.next());
    else await this.resources.markDeleted(row.uid, order.next());
    await order.save();
    await this.unitOfWork.asSystem('admission', () => this.placements.wantManifests(touched));
    this.wake.notify('manifests-wanted');
    this.wake.notify('resources');
    audit.note({
      subject: resourceTitle(row.kind, row.name),
      resourceUid: row.uid,
      generation: row.generation,
      message: 'deleted',
    });
  }

  private async refuseReferenced({ uid, kind, name }: ResourceRow): Promise<void> {
    const referrers = await query<{ kind: Kind; name: string }>(
      'select r.kind, r.name from reference f join resource r on r.uid = f.from_uid where f.to_uid = $1 order by r.kind, r.name limit 6',
      [uid],
    );
    if (referrers.length === 0) return;
    const names = referrers.slice(0, 5).map((referrer) => resourceTitle(referrer.kind, referrer.name));
    const more = referrers.length > 5 ? ' and others' : '';
    const message = `${resourceTitle(kind, name)} is referenced by ${names.join(', ')}${more}. Remove the reference there first.`;
    throw new AppError(ErrorReason.REFERENCED, message, {
      violations: [{ field: 'name', reason: 'REFERENCED', message }],
    });
  }
}

function consequenceOf({ kind, name, deletedAt }: ResourceRow, servers: readonly string[]): string {
  const title = resourceTitle(kind, name);
  if (deletedAt) return `${title} is being removed already.`;
  if (servers.length === 0) return `${title} is on no server and goes at once.`;
  const where = servers.length === 1 ? servers[0] : `${servers.length} servers`;
  return kind === Kind.SITE
    ? `${where} stops serving ${name}; its files and its history stay.`
    : `${title} is removed from ${where}; its history stays.`;
}
