export { diagnose, type DiagnoseDeps } from './kinds/diagnose';
export { installNginx, type InstallNginxDeps } from './kinds/install-nginx';
export { showNginxConfiguration, testNginxConfiguration } from './kinds/nginx-configuration';
export { noop } from './kinds/noop';
export type { OperationContext, OperationKind, Outcome } from './operation.port';
export { OperationRunner, type OperationRunnerDeps } from './operation-runner';
export { restartAgent } from './kinds/restart-agent';
export { RELEASE_KEY_FILE, updateAgent, type UpdateAgentDeps } from './kinds/update-agent';
