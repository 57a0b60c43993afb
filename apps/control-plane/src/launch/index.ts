// What the control plane starts on its own machine: the local agent. (The database is started by
// @ostler/embedded-postgres; Node, packages, builds and nginx are the work of deploy/launcher.)
export { superviseLocalAgent } from './local-agent';
export type { LocalAgent, LocalAgentOptions, LocalAgentState } from './local-agent';
