export { type AgentLinkOptions, createLink, type RunningLink } from './agent-link';
export type { AgentCore, Fence, Link, StoreOutcome } from './core.port';
export { machineName } from './continuity';
export { finishJoining, type FirstJoin } from './finish-joining';
export { askToJoin, join, type JoinDependencies, type JoinOptions } from './join';
export { joinStatus } from './join-status';
export { type PendingJoin, PendingJoins } from './pending-join';
