import { Injectable } from '@nestjs/common';
import { AppError } from '@ostler/kernel';

import { UnitOfWork, Wake } from '../platform/db';
import { ManifestRepository } from './manifest.repository';
import { OrphanRepository } from './orphan.repository';

/** What servers hold and this control plane does not know. */
@Injectable()
export class OrphansService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly orphans: OrphanRepository,
    private readonly manifests: ManifestRepository,
  ) {}

  /**
   * Within the unit of a tenant: the server is told to remove these, and does so when it is connected.
   *
   * @returns their names.
   * @throws AppError NOT_FOUND when the server holds none of that uid that is not known.
   */
  async discard(serverUid: string, uids: readonly string[]): Promise<string[]> {
    const wanted = [...new Set(uids)];
    const names = await this.orphans.discard(serverUid, wanted);
    if (names.length < wanted.length) throw AppError.notFound('One of these orphans');
    await this.unitOfWork.asSystem('manifest-compile', () => this.manifests.want(serverUid));
    this.wake.notify('manifests-wanted');
    return names;
  }

  /** An agent has carried out tombstones; those of placements are none of ours. */
  async removed(serverUid: string, uids: readonly string[]): Promise<void> {
    if (uids.length === 0) return;
    await this.unitOfWork.asSystem('agent-lane', async () => {
      if ((await this.orphans.removed(serverUid, uids)) === 0) return;
      await this.orphans.touchServer(serverUid);
      await this.manifests.want(serverUid);
      this.wake.notify('servers');
      this.wake.notify('manifests-wanted');
    });
  }
}
