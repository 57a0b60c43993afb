import { Injectable } from '@nestjs/common';
import type { Server } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { UnitOfWork, Wake } from '../platform/db';
import { ServerChanges } from '../resources';
import { toServer } from './server-messages';
import { ServerStateLoop } from './server-state.loop';
import { type ListFilter, ServerRepository, type ServerRow } from './server.repository';

/** Servers, within the caller's unit of work. */
@Injectable()
export class FleetService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly wake: Wake,
    private readonly servers: ServerRepository,
    private readonly states: ServerStateLoop,
    private readonly placements: ServerChanges,
  ) {}

  async list(
    filter: ListFilter,
    afterName: string,
    limit: number,
  ): Promise<{ servers: Server[]; total: number }> {
    const rows = await this.servers.list(filter, afterName, limit);
    return { servers: await this.toServers(rows), total: await this.servers.count(filter) };
  }

  /** @throws AppError NOT_FOUND */
  async get(name: string): Promise<Server> {
    const [server] = await this.toServers([await this.require(name)]);
    return server!;
  }

  /** @throws AppError NOT_FOUND */
  async uidOf(name: string): Promise<string> {
    return (await this.require(name)).uid;
  }

  async update(name: string, displayName: string, labels: Record<string, string>): Promise<Server> {
    const { uid } = await this.require(name);
    await this.servers.describe(uid, displayName, labels);
    await this.placements.placementsChanged(uid);
    this.wake.notify('servers');
    return this.get(name);
  }

  /** For watches: what changed since a version, and the version to go on from; 0 begins with the whole list. */
  async changesSince(tenantUids: readonly string[], sinceVersion: bigint) {
    return this.unitOfWork.asTenant(tenantUids, async () => {
      const version = await this.servers.horizon();
      const rows = await this.servers.changedSince(sinceVersion);
      return {
        changed: await this.toServers(rows.filter((row) => row.removed_at === null)),
        removed: rows.filter((row) => row.removed_at !== null).map((row) => row.uid),
        version,
      };
    });
  }

  private async toServers(rows: readonly ServerRow[]): Promise<Server[]> {
    const uids = rows.map((row) => row.uid);
    const revisions = await this.unitOfWork.asSystem('agent-lane', () => this.servers.revisions(uids));
    return rows.map((row) => toServer(row, revisions.get(row.uid) ?? 0n, this.states.seenAt(row.uid)));
  }

  private async require(name: string): Promise<ServerRow> {
    const row = await this.servers.byName(name);
    if (!row) throw AppError.notFound(`Server ${name}`);
    return row;
  }
}
