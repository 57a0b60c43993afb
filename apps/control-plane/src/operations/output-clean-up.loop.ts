import { Injectable, type OnModuleInit } from '@nestjs/common';

import { Config } from '../config';
import { execute, UnitOfWork } from '../platform/db';
import { cleanUpLoop, Loops } from '../platform/loops';

const mostOperations = 100;

/** Removes the output of operations that ended long ago. What they were and how they ended stays. */
@Injectable()
export class OutputCleanUp implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly loops: Loops,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  onModuleInit(): void {
    this.loops.add(cleanUpLoop('output-clean-up', [() => this.removeOld()]));
  }

  /** Whoever reads it later finds a gap of that length, as where output was lost, and never a silent nothing. */
  removeOld(): Promise<boolean> {
    return this.unitOfWork.asSystem('housekeeping', async () => {
      const removed = await execute(
        `with old as (
           select o.uid, o.tenant_uid, o.output_bytes from operation o
           where o.ended_at < now() - make_interval(days => $1)
             and exists (select from operation_output p where p.operation_uid = o.uid and p.data is not null)
           limit ${mostOperations} for update of o skip locked),
         emptied as (
           delete from operation_output p using old where p.operation_uid = old.uid and p."offset" > 0)
         insert into operation_output (operation_uid, "offset", tenant_uid, data, lost_bytes)
         select uid, 0, tenant_uid, null, output_bytes from old
         on conflict (operation_uid, "offset") do update set data = null, lost_bytes = excluded.lost_bytes`,
        [this.config.values.keep.outputDays],
      );
      return removed === mostOperations;
    });
  }
}
