import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  AgentUpdateService as AgentUpdateContract,
  ControlRolloutRequest_Action as Action,
  type ControlRolloutRequest,
  type GetRolloutRequest,
  type ListRolloutsRequest,
  type StartRolloutRequest,
} from '@ostler/contracts';
import { audit, currentCall, pageTokenAfter, positionOf, RpcRegistry } from '../platform/rpc';
import { AgentReleases } from './agent-releases';
import { toReleaseInfo } from './rollout-messages';
import { RolloutRepository } from './rollout.repository';
import { RolloutService } from './rollout.service';

const DEFAULT_PAGE = 20;

@Injectable()
export class AgentUpdateRpc implements OnModuleInit, ServiceImpl<typeof AgentUpdateContract> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly releases: AgentReleases,
    private readonly repository: RolloutRepository,
    private readonly rollouts: RolloutService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(AgentUpdateContract, this);
  }

  async listReleases() {
    const running = await this.repository.serversByVersion();
    const releases = this.releases
      .list()
      .map((one) => toReleaseInfo(one, running.get(one.release.version) ?? 0));
    return { releases };
  }

  async startRollout({ version, selector, server, stages }: StartRolloutRequest) {
    const { tenantUid, actor } = currentCall();
    audit.note({
      subject: server === '' ? 'Agents' : `Server ${server}`,
      message: `rollout of release ${version}`,
    });
    const rollout = await this.rollouts.start({ tenantUid, actor, version, selector, server, stages });
    return { rollout };
  }

  async getRollout({ uid }: GetRolloutRequest) {
    return { rollout: await this.rollouts.get(uid) };
  }

  async listRollouts({ pageSize, pageToken }: ListRolloutsRequest) {
    const limit = pageSize || DEFAULT_PAGE;
    const rollouts = await this.rollouts.list(positionOf(pageToken, {}), limit);
    const last = rollouts.at(-1);
    const isFull = rollouts.length === limit;
    return { rollouts, nextPageToken: isFull && last ? pageTokenAfter(last.uid, {}) : '' };
  }

  async controlRollout({ uid, action }: ControlRolloutRequest) {
    audit.note({ subject: `Rollout ${uid}`, message: Action[action].toLowerCase() });
    return { rollout: await this.rollouts.control(uid, action) };
  }
}
