/** Highest feature level of the contract that this agent understands. */
export const FEATURE_LEVEL = 1;

export const AGENT_VERSION = '0.1.0';
