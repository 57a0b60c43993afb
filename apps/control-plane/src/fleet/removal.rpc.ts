import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { FleetService as FleetContract, type RemoveServerRequest } from '@ostler/contracts';
import { audit, RpcRegistry } from '../platform/rpc';
import { RemovalService } from './removal.service';

@Injectable()
export class RemovalRpc implements OnModuleInit, Pick<ServiceImpl<typeof FleetContract>, 'removeServer'> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly removals: RemovalService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(FleetContract, this);
  }

  async removeServer({ name, force, dryRun }: RemoveServerRequest) {
    if (dryRun) {
      audit.nothingChanged();
      return this.removals.preview(name);
    }
    audit.note({ subject: `Server ${name}`, message: force ? 'by force' : '' });
    return this.removals.remove(name, force);
  }
}
