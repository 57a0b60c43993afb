import type { Resource } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { query, UnitOfWork } from '../../platform/db';
import { ResourceReader } from '../reading/resource-reader';
import { resourceColumns, type ResourceRow } from '../store/resource-row';

export interface ChangedResources {
  readonly changed: readonly Resource[];
  /** Uids of what is gone from every server. */
  readonly removed: readonly RemovedResource[];
  /** Go on from here: everything up to it was given. */
  readonly version: bigint;
  /** There is more already; ask again at once. */
  readonly more: boolean;
}

export interface RemovedResource {
  readonly uid: string;
  readonly kind: number;
  readonly name: string;
  readonly version: bigint;
}

const MOST_AT_ONCE = 500;

/** The order of changes, read in pieces. Whoever watches keeps a version and nothing else. */
@Injectable()
export class ResourceChanges {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: ResourceReader,
  ) {}

  /**
   * What changed after a version; 0 gives everything there is.
   * A version is complete when it is seen: versions are given under a lock that is held to the commit.
   */
  changesSince(tenantUids: readonly string[], since: bigint): Promise<ChangedResources> {
    return this.unitOfWork.asTenant(tenantUids, async () => {
      const rows = await query<ResourceRow>(
        `select ${resourceColumns} from resource r where r.resource_version > $1 order by r.resource_version limit $2`,
        [since, MOST_AT_ONCE + 1],
      );
      const page = rows.slice(0, MOST_AT_ONCE);
      const more = rows.length > MOST_AT_ONCE;
      const upTo = more ? page.at(-1)!.resourceVersion : null;
      const removed = since === 0n ? [] : await removedBetween(since, upTo);
      const versions = [...page, ...removed].map(versionOf);
      const highest = versions.reduce((a, b) => (a > b ? a : b), since);
      return { changed: await this.reader.encode(page, true), removed, version: upTo ?? highest, more };
    });
  }
}

function removedBetween(since: bigint, upTo: bigint | null): Promise<RemovedResource[]> {
  return query<RemovedResource>(
    `select resource_uid as uid, kind, name, resource_version as version from resource_removal
     where resource_version > $1 and ($2::bigint is null or resource_version <= $2) order by resource_version`,
    [since, upTo],
  );
}

function versionOf(change: ResourceRow | RemovedResource): bigint {
  return 'version' in change ? change.version : change.resourceVersion;
}
