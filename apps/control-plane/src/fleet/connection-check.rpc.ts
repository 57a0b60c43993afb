import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type CheckConnectionRequest, FleetService as FleetContract } from '@ostler/contracts';
import { currentCall, RpcRegistry } from '../platform/rpc';
import { ConnectionCheckService } from './connection-check.service';

type Methods = Pick<ServiceImpl<typeof FleetContract>, 'checkConnection'>;

@Injectable()
export class ConnectionCheckRpc implements OnModuleInit, Methods {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly connection: ConnectionCheckService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(FleetContract, this, { ownUnit: ['checkConnection'] });
  }

  checkConnection({ name }: CheckConnectionRequest) {
    return this.connection.check(currentCall().tenantUids, name);
  }
}
