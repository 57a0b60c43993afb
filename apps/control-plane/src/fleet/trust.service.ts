import { Injectable } from '@nestjs/common';
import {
  DecideHoldRequest_Decision as Decision,
  ErrorReason,
  Hold_Cause,
  type Server,
} from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { ConnectedAgents } from '../link';
import { afterCommit, UnitOfWork, Wake } from '../platform/db';
import { ServerChanges } from '../resources';
import { FleetService } from './fleet.service';
import { TrustRepository, type TrustRow } from './trust.repository';

/** What operators decide about the trust in servers, within the caller's unit of work. */
@Injectable()
export class TrustService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly fleet: FleetService,
    private readonly repository: TrustRepository,
    private readonly agents: ConnectedAgents,
    private readonly resources: ServerChanges,
  ) {}

  /**
   * Its lanes end, in this process when it is committed and in others by the wake-up; its key is never let in again.
   *
   * @throws AppError NOT_FOUND
   */
  async revoke(name: string, reason: string): Promise<Server> {
    const { uid } = await this.fleet.get(name);
    await this.asSystem(async () => {
      const server = await this.require(uid);
      await this.repository.revokeKey(server.key_sha256, uid, reason || 'revoked by an operator');
      if (server.revoked_at === null) await this.repository.revoke(uid, reason);
    });
    await this.resources.connectionChanged(uid);
    this.wake.notify('servers');
    afterCommit(() => this.agents.disconnect(uid, 'REVOKED'));
    return this.fleet.get(name);
  }

  /** @throws AppError NOT_FOUND, or CONFLICT when nothing has to be decided (any more). */
  async decide(name: string, decision: Decision): Promise<Server> {
    const { uid } = await this.fleet.get(name);
    await this.asSystem(async () => {
      const server = await this.require(uid);
      if (server.hold_cause === null) throw nothingHeld(name);
      await this.repository.decide(uid, counterAfter(server, decision), needsNewKey(server, decision));
    });
    this.wake.notify('servers');
    return this.fleet.get(name);
  }

  private async require(uid: string): Promise<TrustRow> {
    const server = await this.repository.take(uid);
    if (!server) throw AppError.notFound('The server');
    return server;
  }

  private asSystem<T>(work: () => Promise<T>): Promise<T> {
    return this.unitOfWork.asSystem('agent-lane', work);
  }
}

/** The held agent says its counter again: just below it lets that in, and ends what counted on from there. */
function counterAfter(server: TrustRow, decision: Decision): bigint | undefined {
  return decision === Decision.IS_THE_SERVER ? server.hold_counter - 1n : undefined;
}

/**
 * Two machines have the key: whoever goes on makes another one. A server that was merely put back keeps its key, so
 * that it can be put back again.
 */
function needsNewKey(server: TrustRow, decision: Decision): boolean {
  return server.hold_cause === Hold_Cause.COPIED || decision === Decision.IS_A_COPY;
}

function nothingHeld(name: string): AppError {
  return new AppError(
    ErrorReason.CONFLICT,
    `Nothing has to be decided about ${name}: it is not held, or somebody decided meanwhile.`,
  );
}
