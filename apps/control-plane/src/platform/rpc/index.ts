export {
  anyCall,
  audit,
  type AuditNote,
  type Call,
  type Caller,
  currentCall,
  requirePermission,
} from './call';
export { Mutations } from './mutations';
export { type AuditRecord, AuditSink, Authenticator } from './ports';
export { RpcRegistry, type ServiceOptions } from './rpc-registry';
