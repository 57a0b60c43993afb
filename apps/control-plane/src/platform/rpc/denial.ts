import { ErrorReason, Permission, Role, rolesWithPermission } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { type Caller, currentCall } from './call';

/** @throws AppError DENIED when the caller may not; for permissions that depend on what is asked. */
export function requirePermission(permission: Permission, toDoWhat: string): void {
  const caller = currentCall();
  if (!caller.permissions.has(permission)) throw denied(caller, permission, toDoWhat);
}

/** Names the right that is missing, why it is missing, and who can give it. */
export function denied(caller: Caller, permission: Permission, toDoWhat: string): AppError {
  const roles = rolesWithPermission(permission);
  const right = `"${Permission[permission].toLowerCase().replaceAll('_', ' ')}"`;
  const message = `You may not ${toDoWhat}: it takes the permission ${right}, ${why(caller, roles)}`;
  return new AppError(ErrorReason.DENIED, message, {
    missingPermission: permission,
    rolesWithPermission: roles.map(roleName),
  });
}

function why(caller: Caller, roles: readonly Role[]): string {
  const isToken = caller.apiTokenUid !== undefined;
  if (isToken && roles.includes(caller.role)) {
    return `and the API token ${caller.actor} is limited to others. Make a token that includes it.`;
  }
  const having =
    roles.length === 0 ? 'Nobody' : `The ${roles.length > 1 ? 'roles' : 'role'} ${listed(roles)}`;
  const way = isToken
    ? 'make a token with such a role, or ask an owner or admin for it'
    : 'an owner or admin can give you such a role';
  const holder = isToken ? `the API token ${caller.actor} has the role` : 'your role is';
  return `and ${holder} ${roleName(caller.role)}. ${having} may: ${way}.`;
}

const roleName = (role: Role): string => Role[role].toLowerCase();

const listed = (roles: readonly Role[]): string =>
  new Intl.ListFormat('en', { type: 'conjunction' }).format(roles.map(roleName));
