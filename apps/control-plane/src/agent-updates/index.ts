export { type AgentReleaseFiles, AgentReleases } from './agent-releases';
export { AgentUpdatesModule } from './agent-updates.module';
export { RolloutService } from './rollout.service';
