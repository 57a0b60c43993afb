import { Module } from '@nestjs/common';

import { AgentUpdatesModule } from '../agent-updates';
import { FleetModule } from '../fleet';
import { OperationsModule } from '../operations';
import { ResourcesModule } from '../resources';
import { Feeds } from './feeds';
import { LiveTopics } from './live-topics';
import { LiveRpc } from './live.rpc';
import { Resumes } from './resumes';
import { SocketDoor } from './socket/socket-door';

@Module({
  imports: [AgentUpdatesModule, FleetModule, OperationsModule, ResourcesModule],
  providers: [Feeds, LiveRpc, LiveTopics, Resumes, SocketDoor],
})
export class LiveModule {}
