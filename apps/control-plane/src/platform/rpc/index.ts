export {
  anyCall,
  audit,
  type AuditNote,
  type Call,
  type Caller,
  currentCall,
} from './call';
export { requirePermission } from './denial';
export { Mutations } from './mutations';
export { type AuditRecord, AuditSink, Authenticator, type Credentials } from './ports';
export { RpcRegistry, type ServiceOptions } from './rpc-registry';
export { anonymousRate } from './interceptors/authenticate';
export { callRate, mutationRate } from './interceptors/permit';
export { largestRequestBytes, RpcHandler } from './rpc-handler';
export { RpcMetrics } from './rpc-metrics';
export { pageTokenAfter, positionOf } from './page-token';
export { InternalCalls } from './internal-calls';
