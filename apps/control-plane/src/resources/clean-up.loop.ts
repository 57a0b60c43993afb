import { Injectable, type OnModuleInit } from '@nestjs/common';

import { Config } from '../config';
import { execute, UnitOfWork } from '../platform/db';
import { cleanUpLoop, Loops } from '../platform/loops';

const mostRows = 1_000;

/** Removes what deleted resources left behind. Revisions stay: they are history. */
@Injectable()
export class ResourceCleanUp implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly loops: Loops,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  onModuleInit(): void {
    const steps = [() => this.removeSecrets(), () => this.removeRemovals()];
    this.loops.add(cleanUpLoop('resource-clean-up', steps));
  }

  /**
   * Secrets of resources that are gone from every server for some days. Those of a resource that is there
   * are all named by one of its revisions, and a revert may need them.
   */
  removeSecrets(): Promise<boolean> {
    return this.inBatch(
      `delete from secret where (uid, version) in (
         select s.uid, s.version from secret s
         where not exists (select from resource r where r.uid = s.resource_uid)
           and not exists (select from manifest_secret m where m.secret_uid = s.uid and m.version = s.version)
           and not exists (select from resource_removal g
             where g.resource_uid = s.resource_uid and g.removed_at > now() - make_interval(days => $1))
           and s.created_at < now() - make_interval(days => $1)
         limit ${mostRows})`,
      this.config.values.keep.secretDays,
    );
  }

  /**
   * What watches that were away longer than this would have missed. The newest of them stays in each tenant
   * and tells from which version on nothing was forgotten.
   */
  removeRemovals(): Promise<boolean> {
    return this.inBatch(
      `delete from resource_removal where (tenant_uid, resource_version) in (
         select g.tenant_uid, g.resource_version from resource_removal g
         where g.removed_at < now() - make_interval(days => $1)
           and exists (select from resource_removal later where later.tenant_uid = g.tenant_uid
             and later.resource_version > g.resource_version
             and later.removed_at < now() - make_interval(days => $1))
         limit ${mostRows})`,
      this.config.values.keep.removalDays,
    );
  }

  private inBatch(sql: string, days: number): Promise<boolean> {
    return this.unitOfWork.asSystem('housekeeping', async () => (await execute(sql, [days])) === mostRows);
  }
}
