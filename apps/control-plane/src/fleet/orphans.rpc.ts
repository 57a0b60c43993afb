import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type DiscardOrphansRequest, FleetService as FleetContract } from '@ostler/contracts';
import { OrphansService } from '../manifest';
import { audit, RpcRegistry } from '../platform/rpc';
import { FleetService } from './fleet.service';

@Injectable()
export class OrphansRpc implements OnModuleInit, Pick<ServiceImpl<typeof FleetContract>, 'discardOrphans'> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly fleet: FleetService,
    private readonly orphans: OrphansService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(FleetContract, this);
  }

  async discardOrphans({ name, uids }: DiscardOrphansRequest) {
    audit.note({ subject: `Server ${name}`, message: `${uids.length} orphans` });
    const { uid } = await this.fleet.get(name);
    await this.orphans.discard(uid, uids);
    return { server: await this.fleet.get(name) };
  }
}
