export type { AgentConfig, Folders, NginxConfig } from './agent-config';
export { loadConfig, processEnvironment, type Environment } from './load-config';
export { SETTINGS, type SettingName } from './settings';
