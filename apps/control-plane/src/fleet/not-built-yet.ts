import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorReason, FleetService } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { RpcRegistry } from '../platform/rpc';

const later = (): never => {
  throw new AppError(ErrorReason.UNAVAILABLE, 'This is being built.');
};

/** Goes away method by method while they are built; nothing of it stays. */
@Injectable()
export class NotBuiltYet implements OnModuleInit {
  constructor(private readonly rpc: RpcRegistry) {}

  onModuleInit(): void {
    this.rpc.service(FleetService, {
      // join
      listWaitingServers: later,
      decideWaitingServer: later,
    });
  }
}
