import { Module } from '@nestjs/common';

import { AgentUpdatesModule } from '../agent-updates';
import { FleetModule } from '../fleet';
import { OperationsModule } from '../operations';
import { ResourcesModule } from '../resources';
import { Feeds } from './feeds';
import { LiveTopics } from './live-topics';
import { LiveRpc } from './live.rpc';

@Module({
  imports: [AgentUpdatesModule, FleetModule, OperationsModule, ResourcesModule],
  providers: [Feeds, LiveRpc, LiveTopics],
})
export class LiveModule {}
