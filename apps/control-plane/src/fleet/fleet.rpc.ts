import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  FleetService as FleetContract,
  type GetServerRequest,
  type ListServersRequest,
  type UpdateServerRequest,
} from '@ostler/contracts';
import { audit, pageTokenAfter, positionOf, RpcRegistry } from '../platform/rpc';
import { FleetService } from './fleet.service';

const DEFAULT_PAGE = 100;

@Injectable()
export class FleetRpc implements OnModuleInit, Partial<ServiceImpl<typeof FleetContract>> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly fleet: FleetService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(FleetContract, this);
  }

  async listServers({ labels, search, pageSize, pageToken }: ListServersRequest) {
    const filter = { labels, search };
    const limit = pageSize || DEFAULT_PAGE;
    const page = await this.fleet.list(filter, positionOf(pageToken, filter) ?? '', limit);
    const last = page.servers.at(-1);
    const isFull = page.servers.length === limit;
    return { ...page, nextPageToken: isFull && last ? pageTokenAfter(last.name, filter) : '' };
  }

  async getServer({ name }: GetServerRequest) {
    return { server: await this.fleet.get(name) };
  }

  async updateServer({ name, displayName, labels }: UpdateServerRequest) {
    audit.note({ subject: `Server ${name}` });
    return { server: await this.fleet.update(name, displayName, labels) };
  }
}
