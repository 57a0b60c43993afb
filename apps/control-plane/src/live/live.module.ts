import { Module } from '@nestjs/common';

import { FleetModule } from '../fleet';
import { ResourcesModule } from '../resources';
import { Feeds } from './feeds';
import { LiveTopics } from './live-topics';
import { LiveRpc } from './live.rpc';

@Module({
  imports: [FleetModule, ResourcesModule],
  providers: [Feeds, LiveRpc, LiveTopics],
})
export class LiveModule {}
