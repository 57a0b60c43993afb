import { fromBinary } from '@bufbuild/protobuf';
import { ReleaseIndexSchema } from '@ostler/contracts';
import { Injectable, type OnModuleInit } from '@nestjs/common';

import { Config } from '../config';
import { execute, query, queryOne, UnitOfWork } from '../platform/db';
import { cleanUpLoop, Loops } from '../platform/loops';
import { ReleaseRepository } from './release.repository';

interface OldRelease {
  readonly tenantUid: string;
  readonly digest: string;
  readonly index: Buffer;
}

/** Removes releases that nothing uses, and contents that no release names any more. */
@Injectable()
export class ReleaseCleanUp implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly loops: Loops,
    private readonly unitOfWork: UnitOfWork,
    private readonly repository: ReleaseRepository,
  ) {}

  onModuleInit(): void {
    this.loops.add(cleanUpLoop('release-clean-up', [() => this.removeOne()]));
  }

  /** One release a transaction, with what only it needed: 10 GiB of it are 10,000 rows. */
  removeOne(): Promise<boolean> {
    return this.unitOfWork.asSystem('housekeeping', async () => {
      const found = await this.oldest('');
      if (!found) return false;
      // Before the row is locked, as whoever publishes does, so that the two never wait for each other.
      await this.repository.mayRemoveContents(found.tenantUid);
      const release = await this.oldest('for update skip locked', found.tenantUid);
      if (!release) return false;
      await execute('delete from release where tenant_uid = $1 and digest = $2', [
        release.tenantUid,
        release.digest,
      ]);
      await removeContents(release);
      return true;
    });
  }

  /**
   * Locked against an admission that is about to use it. A revision names a release in its spec, where the
   * digest stands literally; the newest ones keep theirs, so that a rollback finds what it goes back to.
   */
  private oldest(lock: '' | 'for update skip locked', tenantUid?: string): Promise<OldRelease | undefined> {
    const { releaseDays, releaseRevisions } = this.config.values.keep;
    return queryOne<OldRelease>(
      `select tenant_uid as "tenantUid", digest, index from release l
       where l.created_at < now() - make_interval(days => $1) and ($3::uuid is null or l.tenant_uid = $3)
         and not exists (select from resource_release u where u.tenant_uid = l.tenant_uid and u.digest = l.digest)
         and not exists (select from revision v
           join resource r on r.uid = v.resource_uid and v.generation > r.generation - $2
           where v.tenant_uid = l.tenant_uid and position(convert_to(l.digest, 'UTF8') in v.spec) > 0)
       order by l.created_at limit 1 ${lock}`,
      [releaseDays, releaseRevisions, tenantUid ?? null],
    );
  }
}

async function removeContents({ tenantUid, index }: OldRelease): Promise<void> {
  const others = await query<{ index: Buffer }>('select index from release where tenant_uid = $1', [
    tenantUid,
  ]);
  const needed = new Set(others.flatMap((other) => hashesIn(other.index)));
  const unneeded = [...new Set(hashesIn(index))].filter((hash) => !needed.has(hash));
  await execute('delete from release_content where tenant_uid = $1 and sha256 = any ($2::bytea[])', [
    tenantUid,
    unneeded.map((hash) => Buffer.from(hash, 'hex')),
  ]);
}

function hashesIn(index: Uint8Array): string[] {
  return fromBinary(ReleaseIndexSchema, index).files.map(({ sha256 }) => Buffer.from(sha256).toString('hex'));
}
