import { Injectable } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { ConnectedAgents } from '../link';
import { afterCommit, UnitOfWork, Wake } from '../platform/db';
import { ServerChanges } from '../resources';
import { removalText } from './removal-text';
import { type RemovalCounts, RemovalRepository } from './removal.repository';
import { ServerRepository } from './server.repository';

/** What a person can read before deciding; the counts are always whole. */
const MOST_DOMAINS = 200;

export interface Removal extends RemovalCounts {
  readonly consequence: string;
  readonly domains: string[];
}

/** Forgets servers; what runs there goes on. Within the caller's unit of work. */
@Injectable()
export class RemovalService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly servers: ServerRepository,
    private readonly removals: RemovalRepository,
    private readonly placements: ServerChanges,
    private readonly agents: ConnectedAgents,
  ) {}

  /** What it would mean; nothing is changed. @throws AppError NOT_FOUND */
  async preview(name: string): Promise<Removal> {
    return this.removalOf(name, await this.uidOf(name));
  }

  /** @throws AppError NOT_FOUND, or REFERENCED while something is placed on it and it is not forced. */
  async remove(name: string, force: boolean): Promise<Removal> {
    const uid = await this.uidOf(name);
    const removal = await this.removalOf(name, uid);
    refuseUnforced(name, removal, force);
    await this.placements.removed(uid);
    await this.servers.markRemoved(uid);
    this.wake.notify('servers');
    afterCommit(() => this.agents.disconnect(uid, 'REVOKED'));
    return removal;
  }

  private async removalOf(name: string, uid: string): Promise<Removal> {
    const counts = await this.unitOfWork.asSystem('agent-lane', () => this.removals.counts(uid));
    const domains = await this.removals.domainsOnlyThere(uid, MOST_DOMAINS);
    return { ...counts, domains, consequence: removalText(name, counts) };
  }

  private async uidOf(name: string): Promise<string> {
    const row = await this.servers.byName(name);
    if (!row) throw AppError.notFound(`Server ${name}`);
    return row.uid;
  }
}

function refuseUnforced(name: string, { placedOnlyThere, placedElsewhereToo }: Removal, force: boolean) {
  const placed = placedOnlyThere + placedElsewhereToo;
  if (placed === 0 || force) return;
  throw new AppError(
    ErrorReason.REFERENCED,
    `${placed} resources are placed on ${name}. Move or delete them first, or remove the server by force: ` +
      'then what they run there goes on until somebody ends it by hand.',
  );
}
