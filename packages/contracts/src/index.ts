// The contract as TypeScript: one door to the generated code of proto/.
// The rules of a field, for who shows them.
export { field as fieldRules } from './gen/buf/validate/validate_pb';
export * from './gen/ostler/api/v1/agent_update_pb';
export * from './gen/ostler/api/v1/audit_pb';
export * from './gen/ostler/api/v1/fleet_pb';
export * from './gen/ostler/api/v1/identity_pb';
export * from './gen/ostler/api/v1/limit_pb';
export * from './gen/ostler/api/v1/live_pb';
export * from './gen/ostler/api/v1/operation_pb';
export * from './gen/ostler/api/v1/release_pb';
export * from './gen/ostler/api/v1/resource_pb';
export * from './gen/ostler/api/v1/socket_pb';
export * from './gen/ostler/certificate/v1/certificate_pb';
export * from './gen/ostler/link/v1/agent_release_pb';
export * from './gen/ostler/link/v1/join_pb';
export * from './gen/ostler/link/v1/lanes_pb';
export * from './gen/ostler/link/v1/manifest_pb';
export * from './gen/ostler/meta/v1/meta_pb';
export * from './gen/ostler/meta/v1/options_pb';
export * from './gen/ostler/site/v1/site_pb';
export {
  isAbove,
  lowerRole,
  permissionsOfRole,
  permissionsWithin,
  rolesWithPermission,
} from './role-permissions';
