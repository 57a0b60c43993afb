import { create } from '@bufbuild/protobuf';
import { type ApplyRequest, type ApplyResponse, ApplyResponseSchema } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { ApplyService } from '../admission/apply.service';
import { UnitOfWork } from '../../platform/db';
import { audit, currentCall } from '../../platform/rpc';
import { ApplyResults } from '../reading/apply-results';
import { WriteQueue } from '../write-queue';
import { ChangePlannerSlot, type PreparedPlan } from './change-planner.port';

/** Ends the transaction of a dry run with what it found out. */
class RolledBack extends Error {
  constructor(
    readonly response: ApplyResponse,
    readonly plan: PreparedPlan,
  ) {
    super('a dry run is rolled back');
  }
}

/** Admits a call for real, takes it back, and asks the servers what they would do. */
@Injectable()
export class DryRunService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly apply: ApplyService,
    private readonly results: ApplyResults,
    private readonly planner: ChangePlannerSlot,
    private readonly queue: WriteQueue,
  ) {}

  async run(request: ApplyRequest): Promise<ApplyResponse> {
    const { response, plan } = await this.queue.run(currentCall().tenantUid, () => this.tryOut(request));
    audit.nothingChanged();
    response.plans = await plan.ask();
    return response;
  }

  private tryOut(request: ApplyRequest): Promise<RolledBack> {
    const unit = this.unitOfWork.asTenant(currentCall().tenantUids, async (): Promise<RolledBack> => {
      const admitted = await this.apply.apply(request);
      const response = create(ApplyResponseSchema, { results: await this.results.of(admitted) });
      throw new RolledBack(response, await this.planner.prepare(admitted.map(({ uid }) => uid)));
    });
    return unit.catch((error: unknown) => {
      if (error instanceof RolledBack) return error;
      throw error;
    });
  }
}
