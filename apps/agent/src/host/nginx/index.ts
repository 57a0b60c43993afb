export { findNginx, type FindNginxOptions } from './find-nginx';
export { nginxMessage } from './installation';
export type {
  ForeignConfiguration,
  ForeignListen,
  ForeignServer,
  FoundNginx,
  NginxMissing,
  NginxProcesses,
  NginxRuntime,
  WorkerUser,
} from './port';
