import { Module } from '@nestjs/common';
import { AuthorityModule } from '../authority';
import { LinkModule } from '../link';
import { FleetRpc } from './fleet.rpc';
import { FleetService } from './fleet.service';
import { JoinTokenRepository } from './join-token.repository';
import { JoinRpc } from './join.rpc';
import { JoinService } from './join.service';
import { PlacementChanges } from './placement-changes';
import { FleetDirectory } from './server-directory';
import { ServerStateLoop } from './server-state.loop';
import { ServerRepository } from './server.repository';

@Module({
  imports: [AuthorityModule, LinkModule],
  providers: [
    FleetDirectory,
    FleetRpc,
    FleetService,
    JoinRpc,
    JoinService,
    JoinTokenRepository,
    PlacementChanges,
    ServerRepository,
    ServerStateLoop,
  ],
  exports: [FleetService, JoinService, PlacementChanges],
})
export class FleetModule {}
