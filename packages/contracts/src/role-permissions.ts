import { Role } from './gen/ostler/api/v1/identity_pb';
import { Permission } from './gen/ostler/meta/v1/options_pb';

const viewer: readonly Permission[] = [
  Permission.SIGNED_IN,
  Permission.RESOURCES_READ,
  Permission.SERVERS_READ,
  Permission.OPERATIONS_READ,
];

const operator: readonly Permission[] = [
  ...viewer,
  Permission.RESOURCES_WRITE,
  Permission.OPERATIONS_RUN,
  Permission.TOKENS_WRITE,
  Permission.AUDIT_READ,
];

const admin: readonly Permission[] = [
  ...operator,
  Permission.SERVERS_WRITE,
  Permission.OPERATIONS_ADMINISTER,
  Permission.PEOPLE_READ,
  Permission.PEOPLE_WRITE,
];

/** What each role may. That an admin may not touch owners is decided where people are changed. */
const permissionsOf: Readonly<Record<Role, readonly Permission[]>> = {
  [Role.UNSPECIFIED]: [],
  [Role.OWNER]: admin,
  [Role.ADMIN]: admin,
  [Role.OPERATOR]: operator,
  [Role.VIEWER]: viewer,
};

export function permissionsOfRole(role: Role): readonly Permission[] {
  return permissionsOf[role];
}

/** The roles that have a permission, lowest first. */
export function rolesWithPermission(permission: Permission): readonly Role[] {
  const upwards = [Role.VIEWER, Role.OPERATOR, Role.ADMIN, Role.OWNER];
  return upwards.filter((role) => permissionsOf[role].includes(permission));
}

/** What a token may: of its role's permissions only its scopes, when it has any. */
export function permissionsWithin(role: Role, scopes: readonly Permission[]): readonly Permission[] {
  const all = permissionsOfRole(role);
  if (scopes.length === 0) return all;
  return all.filter((permission) => permission === Permission.SIGNED_IN || scopes.includes(permission));
}

/** The lower of two roles: their numbers grow downwards. */
export function lowerRole(one: Role, other: Role): Role {
  return Math.max(one, other);
}

/** True when the role is above the other one. */
export function isAbove(role: Role, other: Role): boolean {
  return role < other;
}
