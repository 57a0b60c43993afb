export { AgentPackages } from './agent-packages';
export { type ConnectedAgent, ConnectedAgents } from './connected-agents';
export {
  AgentFeatures,
  type AgentServer,
  type HelloOutcome,
  type LiveAgent,
  type OperationSink,
  type PulseListener,
  type ServerDirectory,
} from './features';
export { MOST_CONNECTIONS as MOST_AGENT_CONNECTIONS } from './agent-listener';
export { LinkModule } from './link.module';
export { LinkService } from './link.service';
