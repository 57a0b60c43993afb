import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type JoinRequest, JoinService as JoinContract } from '@ostler/contracts';
import { anyCall, RpcRegistry } from '../platform/rpc';
import { JoinService } from './join.service';

@Injectable()
export class JoinRpc implements OnModuleInit, Partial<ServiceImpl<typeof JoinContract>> {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly service: JoinService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(JoinContract, this);
  }

  join(request: JoinRequest) {
    return this.service.join(request, anyCall().address);
  }
}
