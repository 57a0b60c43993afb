import { Module } from '@nestjs/common';

import { FleetModule } from '../fleet';
import { OperationsModule } from '../operations';
import { ResourcesModule } from '../resources';
import { Feeds } from './feeds';
import { LiveTopics } from './live-topics';
import { LiveRpc } from './live.rpc';

@Module({
  imports: [FleetModule, OperationsModule, ResourcesModule],
  providers: [Feeds, LiveRpc, LiveTopics],
})
export class LiveModule {}
