import type { ServerPlan } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

/** What a server would be told of the resources that a dry run changes, still within its transaction. */
export interface PreparedPlan {
  /** Outside of any transaction: asks the servers, at most 3 s each. */
  ask(): Promise<ServerPlan[]>;
}

export interface ChangePlanner {
  /** Within the unit of work whose changes will be rolled back. */
  prepare(resourceUids: readonly string[]): Promise<PreparedPlan>;
}

/** The manifest room plans for the engine; it registers here, because it knows the engine and not the reverse. */
@Injectable()
export class ChangePlannerSlot {
  private planner: ChangePlanner | undefined;

  use(planner: ChangePlanner): void {
    this.planner = planner;
  }

  prepare(resourceUids: readonly string[]): Promise<PreparedPlan> {
    if (!this.planner) throw new Error('the manifest room has not registered its planner');
    return this.planner.prepare(resourceUids);
  }
}
