export { diagnose, type DiagnoseDeps } from './kinds/diagnose';
export { installNginx, type InstallNginxDeps } from './kinds/install-nginx';
export { showNginxConfiguration, testNginxConfiguration } from './kinds/nginx-configuration';
export { noop } from './kinds/noop';
export type { OperationContext, OperationKind, Outcome } from './operation.port';
export { OperationRunner, type OperationRunnerDeps } from './operation-runner';
