import { Module } from '@nestjs/common';
import { AuthorityModule } from '../authority';
import { LinkModule } from '../link';
import { ManifestModule } from '../manifest';
import { ConnectionCheckRpc } from './connection-check.rpc';
import { ConnectionCheckService } from './connection-check.service';
import { FleetRpc } from './fleet.rpc';
import { FleetService } from './fleet.service';
import { ServerAdmission } from './admission.service';
import { HelloIntake } from './hello-intake';
import { JoinTokenRepository } from './join-token.repository';
import { JoinTokenRpc } from './join-token.rpc';
import { JoinTokenService } from './join-token.service';
import { JoiningServerRepository } from './joining-server.repository';
import { JoinRpc } from './join.rpc';
import { JoinService } from './join.service';
import { OrphansRpc } from './orphans.rpc';
import { LaneReviewLoop } from './lane-review.loop';
import { RecoveryService } from './recovery.service';
import { RemovalRepository } from './removal.repository';
import { RemovalRpc } from './removal.rpc';
import { RemovalService } from './removal.service';
import { SelectorsRepository } from './selectors.repository';
import { SelectorsRpc } from './selectors.rpc';
import { SelectorsService } from './selectors.service';
import { ResourcesModule } from '../resources';
import { FleetDirectory } from './server-directory';
import { ServerStateLoop } from './server-state.loop';
import { ServerRepository } from './server.repository';
import { TrustRepository } from './trust.repository';
import { TrustRpc } from './trust.rpc';
import { TrustService } from './trust.service';
import { WaitingRoomLoop } from './waiting-room.loop';
import { WaitingRoomRepository } from './waiting-room.repository';
import { WaitingRoomRpc } from './waiting-room.rpc';
import { WaitingRoom } from './waiting-room.service';

@Module({
  imports: [AuthorityModule, LinkModule, ManifestModule, ResourcesModule],
  providers: [
    ConnectionCheckRpc,
    ConnectionCheckService,
    FleetDirectory,
    FleetRpc,
    FleetService,
    HelloIntake,
    JoinRpc,
    JoinService,
    JoinTokenRepository,
    JoinTokenRpc,
    JoinTokenService,
    JoiningServerRepository,
    ServerAdmission,
    WaitingRoom,
    WaitingRoomLoop,
    WaitingRoomRepository,
    WaitingRoomRpc,
    OrphansRpc,
    LaneReviewLoop,
    RecoveryService,
    RemovalRepository,
    RemovalRpc,
    RemovalService,
    SelectorsRepository,
    SelectorsRpc,
    SelectorsService,
    ServerRepository,
    ServerStateLoop,
    TrustRepository,
    TrustRpc,
    TrustService,
  ],
  exports: [FleetService, JoinService, WaitingRoom],
})
export class FleetModule {}
