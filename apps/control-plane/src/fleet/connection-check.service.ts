import { Injectable } from '@nestjs/common';
import type { CheckConnectionResponse, Server } from '@ostler/contracts';
import { messageOf, systemClock } from '@ostler/kernel';
import { ConnectedAgents } from '../link';
import { UnitOfWork } from '../platform/db';
import { Addresses } from '../platform/http';
import { type Answer, connectionSteps, type Seen } from './connection-steps';
import { FleetService } from './fleet.service';
import { ServerRepository } from './server.repository';

/** As long as a person waits for an answer that does not come. */
const ANSWER_TIMEOUT_MS = 5000;

/** Tries the way to an agent and back now. Opens a unit of its own, and waits without a transaction. */
@Injectable()
export class ConnectionCheckService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly fleet: FleetService,
    private readonly servers: ServerRepository,
    private readonly agents: ConnectedAgents,
    private readonly addresses: Addresses,
  ) {}

  /** @throws AppError NOT_FOUND */
  async check(tenantUids: readonly string[], name: string): Promise<CheckConnectionResponse> {
    const { server, revokedReason } = await this.unitOfWork.readAsTenant(tenantUids, async () => ({
      server: await this.fleet.get(name),
      revokedReason: await this.servers.revokedReason(name),
    }));
    const lane = await this.lane(server);
    const { agentAddress } = this.addresses;
    return connectionSteps({ server, revokedReason, agentAddress, lane, nowMs: systemClock.now() });
  }

  private async lane({ uid }: Server): Promise<Seen['lane']> {
    const agent = this.agents.get(uid);
    if (!agent) return undefined;
    const { sinceMs } = agent;
    return { sinceMs, answer: await this.answer(uid), hasTelemetry: this.agents.hasTelemetry(uid) };
  }

  private async answer(serverUid: string): Promise<Answer> {
    try {
      return { ms: await this.agents.roundTripMs(serverUid, ANSWER_TIMEOUT_MS) };
    } catch (error) {
      return { failure: messageOf(error) };
    }
  }
}
