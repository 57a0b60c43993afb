import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ErrorReason, FleetService, JoinService } from '@ostler/contracts';
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
      // trust
      revokeServer: later,
      decideHold: later,
      // join
      listWaitingServers: later,
      decideWaitingServer: later,
      // service
      discardOrphans: later,
    });
    // trust
    this.rpc.service(JoinService, { challenge: later, recover: later });
  }
}
