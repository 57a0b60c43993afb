import type { ServiceImpl } from '@connectrpc/connect';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  type ChallengeRequest,
  type DecideHoldRequest,
  DecideHoldRequest_Decision as Decision,
  FleetService as FleetContract,
  JoinService as JoinContract,
  type RecoverRequest,
  type RevokeServerRequest,
} from '@ostler/contracts';
import { anyCall, audit, RpcRegistry } from '../platform/rpc';
import { RecoveryService } from './recovery.service';
import { TrustService } from './trust.service';

type FleetPart = Pick<ServiceImpl<typeof FleetContract>, 'revokeServer' | 'decideHold'>;
type JoinPart = Pick<ServiceImpl<typeof JoinContract>, 'challenge' | 'recover'>;

/** Who is trusted: recovery by servers themselves, revocation and holds by operators. */
@Injectable()
export class TrustRpc implements OnModuleInit, FleetPart, JoinPart {
  constructor(
    private readonly rpc: RpcRegistry,
    private readonly trust: TrustService,
    private readonly recovery: RecoveryService,
  ) {}

  onModuleInit(): void {
    this.rpc.service(FleetContract, this);
    this.rpc.service(JoinContract, this);
  }

  challenge({ serverUid }: ChallengeRequest) {
    return this.recovery.challenge(serverUid);
  }

  recover(request: RecoverRequest) {
    return this.recovery.recover(request, anyCall().address);
  }

  async revokeServer({ name, reason }: RevokeServerRequest) {
    audit.note({ subject: `Server ${name}`, message: reason });
    return { server: await this.trust.revoke(name, reason) };
  }

  async decideHold({ name, decision }: DecideHoldRequest) {
    audit.note({ subject: `Server ${name}`, message: said[decision] });
    return { server: await this.trust.decide(name, decision) };
  }
}

const said: Record<Decision, string> = {
  [Decision.UNSPECIFIED]: '',
  [Decision.IS_THE_SERVER]: 'the one that is held is the server',
  [Decision.IS_A_COPY]: 'the one that is held is a copy',
};
