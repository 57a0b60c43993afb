// In the contract's package, because console and CLI say beforehand what a role may not.
export {
  isAbove,
  lowerRole,
  permissionsOfRole,
  permissionsWithin,
  rolesWithPermission,
} from '@ostler/contracts';
export { checkEveryKind, type KindPermissions, permissionsOfKind } from './kind-permissions';
