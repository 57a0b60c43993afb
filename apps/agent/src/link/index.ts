export { type AgentLinkOptions, createLink, type RunningLink } from './agent-link';
export type { AgentCore, Fence, Link, StoreOutcome } from './core.port';
export { join, type JoinDependencies, type JoinOptions } from './join';
