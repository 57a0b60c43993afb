export { type AgentReleaseFiles, AgentReleases } from './agent-releases';
export { AgentUpdatesModule } from './agent-updates.module';
export { MOST_AT_ONCE as MOST_UPDATES_AT_ONCE } from './rollout.loop';
export { RolloutService } from './rollout.service';
