import { create, fromBinary } from '@bufbuild/protobuf';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  OperationSpecSchema,
  Rollout_State as State,
  RolloutServer_State as ServerState,
  type ServerReport,
  ServerReportSchema,
} from '@ostler/contracts';
import { type Clock, pause, systemClock, Waker } from '@ostler/kernel';
import { ConnectedAgents } from '../link';
import { OperationsService } from '../operations';
import { UnitOfWork, Wake } from '../platform/db';
import { failpoint } from '../platform/failpoints';
import { Loops } from '../platform/loops';
import { AgentReleases } from './agent-releases';
import { advance, decide, type ServerFacts, type Target } from './rollout-decisions';
import { RolloutRepository, type RolloutRow, type RolloutServerWithFacts } from './rollout.repository';

const LOOK_EVERY_MS = 2_000;
/** However much news there is. */
const LEAST_PAUSE_MS = 200;
/** A package of some 45 MB over a slow line, the switch, and the time in which the old agent would come back. */
const DEADLINE_SECONDS = 1_800;
/** So many downloads at once are kept up by any line; the others of the stage wait. */
export const MOST_AT_ONCE = 20;

/**
 * Carries rollouts on. Everything it knows is in the rows: a control plane that starts again goes on where it was.
 *
 *   waiting --connected--> updating (one operation, at most once) --> updated | failed | skipped
 *   running --all of a stage ended--> next stage ... --> succeeded;   --a server failed--> stopped
 */
@Injectable()
export class RolloutLoop implements OnModuleInit {
  private readonly waker = new Waker();
  private readonly clock: Clock = systemClock;

  constructor(
    private readonly loops: Loops,
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly releases: AgentReleases,
    private readonly rollouts: RolloutRepository,
    private readonly operations: OperationsService,
    private readonly agents: ConnectedAgents,
  ) {}

  onModuleInit(): void {
    this.loops.add({ name: 'agent-rollouts', run: (signal) => this.run(signal) });
  }

  async run(signal: AbortSignal): Promise<void> {
    let isIdle = false;
    // Servers come and operations end by the hundred in a second: without a rollout they are no news.
    const news = (): void => void (isIdle || this.waker.poke());
    const offs = [
      this.wake.on('rollouts', () => this.waker.poke()),
      this.wake.on('operations', news),
      this.wake.on('servers', news),
    ];
    try {
      // A process that has just begun knows no release yet, which must not look as if one were gone.
      await this.releases.scan();
      while (!signal.aborted) {
        isIdle = await this.step();
        await pause(this.clock, LEAST_PAUSE_MS, signal);
        const tick = this.clock.after(isIdle ? 10 * LOOK_EVERY_MS : LOOK_EVERY_MS, () => this.waker.poke());
        await this.waker.wait(signal);
        tick.cancel();
      }
    } finally {
      for (const off of offs) off();
    }
  }

  /** One turn, safe to do again; true when there is no rollout. */
  async step(): Promise<boolean> {
    const open = await this.unitOfWork.asSystem('agent-updates', () => this.rollouts.notEnded());
    for (const { uid } of open) await this.carryOn(uid);
    return open.length === 0;
  }

  private async carryOn(uid: string): Promise<void> {
    const toStart = await this.unitOfWork.asSystem('agent-updates', async () => {
      const rollout = await this.rollouts.lock(uid);
      return rollout && rollout.ended_at === null ? this.settle(rollout) : [];
    });
    for (const server of toStart) await this.begin(uid, server);
  }

  /** Writes every end that is known, moves the rollout on, and says whose turn it is. */
  private async settle(rollout: RolloutRow): Promise<RolloutServerWithFacts[]> {
    const known = this.releases.get(rollout.version)?.release;
    const target: Target = { version: rollout.version, sequence: known?.sequence ?? 0n };
    if (!known && rollout.state === State.RUNNING) {
      const message = `Release ${rollout.version} is not here any more. Put it back, then resume, or cancel.`;
      await this.moveTo(rollout, State.STOPPED, rollout.stage, message, false);
      return [];
    }
    const mayStart = rollout.state === State.RUNNING;
    const rows = await this.rollouts.openServers(rollout.uid, rollout.stage);
    const after: { state: ServerState; stage: number }[] = [];
    const starting: RolloutServerWithFacts[] = [];
    const failures: string[] = [];
    let changed = false;
    for (const row of rows) {
      const decision = decide(this.factsOf(row), target, this.clock.now(), mayStart);
      after.push({ stage: row.stage, state: decision.do === 'end' ? decision.state : row.state });
      if (decision.do === 'start') starting.push(row);
      if (decision.do === 'wait' && row.started_at === null) {
        await this.rollouts.waits(rollout.uid, row.server_uid, decision.message);
        changed = true;
      }
      if (decision.do !== 'end') continue;
      await this.rollouts.endServer(rollout.uid, row.server_uid, decision.state, decision.message);
      changed = true;
      if (decision.state === ServerState.FAILED) failures.push(`${row.server_name}: ${decision.message}`);
    }
    if (failures.length > 0 && mayStart) {
      const [first] = failures;
      const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
      await this.moveTo(rollout, State.STOPPED, rollout.stage, `${first}${more}`, false);
      return [];
    }
    const next = advance(
      { state: rollout.state, stage: rollout.stage, stages: rollout.stages.length },
      after,
    );
    if (next) await this.moveTo(rollout, next.state, next.stage, rollout.message, next.ended);
    else if (changed) await this.touch(rollout);
    const busy = rows.filter(({ state }) => state === ServerState.UPDATING).length;
    return starting.slice(0, Math.max(0, MOST_AT_ONCE - busy));
  }

  /** The operation and the row that names it in one transaction, so that it is started once. */
  private async begin(rolloutUid: string, server: RolloutServerWithFacts): Promise<void> {
    await this.unitOfWork.asSystem('agent-updates', async () => {
      const rollout = await this.rollouts.lock(rolloutUid);
      if (rollout?.state !== State.RUNNING) return;
      const { tenant_uid: tenantUid, version, actor } = rollout;
      const value = { version };
      const spec = create(OperationSpecSchema, { operation: { case: 'updateAgent', value } });
      const wish = { tenantUid, actor, server: server.server_name, spec, deadlineSeconds: DEADLINE_SECONDS };
      const { uid } = await this.unitOfWork.asTenant([tenantUid], () => this.operations.startGranted(wish));
      await this.rollouts.begun(rolloutUid, server.server_uid, ServerState.UPDATING, uid);
      await this.touch(rollout);
      failpoint('rollout-server.written');
    });
    failpoint('rollout-server.committed');
  }

  private async touch({ uid }: RolloutRow): Promise<void> {
    await this.rollouts.touch(uid);
    this.wake.notify('rollouts');
  }

  private async moveTo(
    { uid }: RolloutRow,
    state: State,
    stage: number,
    message: string,
    ended: boolean,
  ): Promise<void> {
    await this.rollouts.move(uid, state, stage, message, ended);
    this.wake.notify('rollouts');
  }

  private factsOf(row: RolloutServerWithFacts): ServerFacts {
    const { operation_state: state, operation_ended_at: endedAt } = row;
    return {
      state: row.state,
      stage: row.stage,
      name: row.server_name,
      isConnected: this.agents.get(row.server_uid) !== undefined,
      version: row.agent_version,
      sequence: this.releases.get(row.agent_version)?.release.sequence,
      cannot: whyNot(row.report),
      isThere: !row.gone,
      sinceMs: row.started_at?.getTime(),
      operation:
        state === null
          ? undefined
          : {
              state,
              reason: row.operation_reason ?? '',
              message: row.operation_message ?? '',
              endedMs: endedAt?.getTime(),
            },
    };
  }
}

/** Why the server may not or cannot update its agent, as it said itself. */
function whyNot(bytes: Buffer | null): string | undefined {
  const report: ServerReport | undefined = bytes ? fromBinary(ServerReportSchema, bytes) : undefined;
  const { localPolicy } = report ?? {};
  if (localPolicy?.present && !localPolicy.selfUpdate)
    return `Its policy ${localPolicy.path} forbids updates.`;
  const capability = report?.capabilities.find(({ name }) => name === 'self-update');
  return capability && !capability.available ? capability.detail : undefined;
}
