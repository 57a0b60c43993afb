export { AgentPackages } from './agent-packages';
export { ConnectedAgents } from './connected-agents';
export {
  AgentFeatures,
  type AgentServer,
  type OperationSink,
  type PulseListener,
  type ServerDirectory,
} from './features';
export { LinkModule } from './link.module';
export { LinkService } from './link.service';
