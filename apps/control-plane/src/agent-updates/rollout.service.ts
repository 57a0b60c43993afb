import { Injectable } from '@nestjs/common';
import {
  ControlRolloutRequest_Action as Action,
  ErrorReason,
  type Rollout,
  Rollout_State as State,
  RolloutServer_State as ServerState,
} from '@ostler/contracts';
import { AppError, newUid } from '@ostler/kernel';
import { UnitOfWork, Wake } from '../platform/db';
import { failpoint } from '../platform/failpoints';
import { AgentReleases } from './agent-releases';
import { toRollout } from './rollout-messages';
import { stageOf, stagesOf } from './rollout-stages';
import { RolloutRepository, type RolloutRow } from './rollout.repository';

export interface RolloutWish {
  readonly tenantUid: string;
  readonly actor: string;
  readonly version: string;
  readonly selector: Record<string, string>;
  /** One server alone; empty for those of the selector. */
  readonly server: string;
  readonly stages: readonly number[];
}

const PAUSABLE: ReadonlySet<State> = new Set([State.RUNNING]);
const RESUMABLE: ReadonlySet<State> = new Set([State.PAUSED, State.STOPPED]);
const CANCELLABLE: ReadonlySet<State> = new Set([State.RUNNING, State.PAUSED, State.STOPPED]);

/** Rollouts as people begin, read and steer them; the loop carries them on. Within the caller's unit of work. */
@Injectable()
export class RolloutService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly releases: AgentReleases,
    private readonly rollouts: RolloutRepository,
  ) {}

  /** @throws AppError NOT_FOUND, INVALID, or CONFLICT while another one of the tenant has not ended. */
  async start(wish: RolloutWish): Promise<Rollout> {
    const { tenantUid, actor, version, selector, server } = wish;
    if (!this.releases.get(version)) {
      throw new AppError(
        ErrorReason.NOT_FOUND,
        `This control plane has no release ${version} of the agent; list those that it has.`,
      );
    }
    if (server !== '' && Object.keys(selector).length > 0)
      throw AppError.invalid('server', 'INVALID', 'name one server or give labels, not both.');
    const stages = stagesOf(wish.stages);
    const candidates = await this.rollouts.candidates(tenantUid, selector, server);
    if (candidates.length === 0) {
      throw new AppError(
        ErrorReason.NOT_FOUND,
        server === ''
          ? 'No server has these labels.'
          : `Server ${server} does not exist, or is not yours to see.`,
      );
    }
    const row = await this.rollouts.insert({ uid: newUid(), tenantUid, version, selector, stages, actor });
    if (!row) throw await this.underWay();
    const total = candidates.length;
    await this.rollouts.insertServers(
      row,
      candidates.map((one, index) => ({ ...one, stage: stageOf(index, total, stages) })),
    );
    this.wake.notify('rollouts');
    failpoint('rollout.written');
    return this.withServers(row);
  }

  /** @throws AppError NOT_FOUND, or CONFLICT when it is not in a state for that. */
  async control(uid: string, action: Action): Promise<Rollout> {
    const row = await this.rollouts.lock(uid);
    if (!row) throw AppError.notFound(`Rollout ${uid}`);
    const { stage, state } = row;
    const move = (to: State, message: string): Promise<void> =>
      this.rollouts.move(uid, to, stage, message, false);
    if (action === Action.PAUSE && PAUSABLE.has(state)) await move(State.PAUSED, 'Paused by an operator.');
    else if (action === Action.RESUME && RESUMABLE.has(state)) await move(State.RUNNING, '');
    else if (action === Action.CANCEL && CANCELLABLE.has(state)) {
      await move(State.CANCELLED, 'Cancelled. What was under way on a server ends there.');
      await this.rollouts.endWaiting(
        uid,
        ServerState.WAITING,
        ServerState.SKIPPED,
        'The rollout was cancelled.',
      );
    } else throw wrongState(row, action);
    this.wake.notify('rollouts');
    return this.get(uid);
  }

  /** @throws AppError NOT_FOUND */
  async get(uid: string): Promise<Rollout> {
    const row = await this.rollouts.byUid(uid);
    if (!row) throw AppError.notFound(`Rollout ${uid}`);
    return this.withServers(row);
  }

  async list(beforeUid: string | undefined, limit: number): Promise<Rollout[]> {
    return (await this.rollouts.list(beforeUid, limit)).map((row) => toRollout(row));
  }

  /** For watches: the newest, in a unit of its own; those that go on with their servers. */
  newest(tenantUids: readonly string[], limit: number): Promise<Rollout[]> {
    return this.unitOfWork.readAsTenant(tenantUids, async () => {
      const rollouts: Rollout[] = [];
      for (const row of await this.rollouts.list(undefined, limit))
        rollouts.push(row.ended_at ? toRollout(row) : await this.withServers(row));
      return rollouts;
    });
  }

  private async withServers(row: RolloutRow): Promise<Rollout> {
    return toRollout(row, await this.rollouts.servers(row.uid));
  }

  private async underWay(): Promise<AppError> {
    const [running] = (await this.rollouts.list(undefined, 100)).filter((row) => row.ended_at === null);
    return new AppError(
      ErrorReason.CONFLICT,
      `A rollout of ${running?.version ?? 'another release'} has not ended${running ? ` (${running.uid})` : ''}. Wait for it, or cancel it first.`,
    );
  }
}

function wrongState({ state }: RolloutRow, action: Action): AppError {
  return new AppError(
    ErrorReason.CONFLICT,
    `The rollout is ${State[state]?.toLowerCase()}, so ${Action[action]?.toLowerCase()} does nothing.`,
  );
}
