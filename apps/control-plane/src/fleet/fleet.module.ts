import { Module } from '@nestjs/common';
import { AuthorityModule } from '../authority';
import { LinkModule } from '../link';
import { FleetRpc } from './fleet.rpc';
import { FleetService } from './fleet.service';
import { JoinTokenRepository } from './join-token.repository';
import { JoinRpc } from './join.rpc';
import { JoinService } from './join.service';
import { NotBuiltYet } from './not-built-yet';
import { ResourcesModule } from '../resources';
import { FleetDirectory } from './server-directory';
import { ServerStateLoop } from './server-state.loop';
import { ServerRepository } from './server.repository';

@Module({
  imports: [AuthorityModule, LinkModule, ResourcesModule],
  providers: [
    FleetDirectory,
    FleetRpc,
    FleetService,
    JoinRpc,
    JoinService,
    JoinTokenRepository,
    NotBuiltYet,
    ServerRepository,
    ServerStateLoop,
  ],
  exports: [FleetService, JoinService],
})
export class FleetModule {}
