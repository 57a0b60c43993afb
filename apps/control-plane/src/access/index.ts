export { checkEveryKind, type KindPermissions, permissionsOfKind } from './kind-permissions';
export {
  isAbove,
  lowerRole,
  permissionsOfRole,
  permissionsWithin,
  rolesWithPermission,
} from './role-permissions';
