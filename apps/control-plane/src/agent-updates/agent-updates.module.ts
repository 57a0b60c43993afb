import { Module } from '@nestjs/common';
import { LinkModule } from '../link';
import { OperationsModule } from '../operations';
import { AgentReleaseRepository } from './agent-release.repository';
import { AgentReleases } from './agent-releases';
import { AgentUpdateRpc } from './agent-update.rpc';
import { PackageDoors } from './package-doors';
import { RolloutLoop } from './rollout.loop';
import { RolloutRepository } from './rollout.repository';
import { RolloutService } from './rollout.service';

/** Releases of the agent, and how servers come to run them. */
@Module({
  imports: [LinkModule, OperationsModule],
  providers: [
    AgentReleaseRepository,
    AgentReleases,
    AgentUpdateRpc,
    PackageDoors,
    RolloutLoop,
    RolloutRepository,
    RolloutService,
  ],
  exports: [AgentReleases, RolloutService],
})
export class AgentUpdatesModule {}
