import { Permission, permissionsOfRole, Role, rolesWithPermission } from '@ostler/contracts';
import { roleWord } from './roles';

const doing: Partial<Record<Permission, string>> = {
  [Permission.RESOURCES_READ]: 'Seeing resources',
  [Permission.RESOURCES_WRITE]: 'Changing resources',
  [Permission.SERVERS_READ]: 'Seeing servers',
  [Permission.SERVERS_WRITE]: 'Managing servers',
  [Permission.OPERATIONS_READ]: 'Seeing operations',
  [Permission.OPERATIONS_RUN]: 'Running operations',
  [Permission.OPERATIONS_ADMINISTER]: 'Changing the software of a server',
  [Permission.PEOPLE_READ]: 'Seeing people',
  [Permission.PEOPLE_WRITE]: 'Managing people',
  [Permission.TOKENS_WRITE]: 'Managing API tokens',
  [Permission.AUDIT_READ]: 'Reading the activity',
};

/** The rights that a role has and that a token of it can be narrowed to. */
export function rightsOfRole(role: Role): readonly Permission[] {
  return permissionsOfRole(role).filter((right) => right in doing);
}

/** "Changing resources". */
export function rightWord(right: Permission): string {
  return doing[right] ?? Permission[right];
}

/**
 * Which right is missing, who has it, and who can give it:
 * "Changing resources needs the right RESOURCES_WRITE, which the roles operator, admin and owner have. Your
 * role is viewer; an admin or owner can change it."
 */
export function missingRightText(permission: Permission, own: Role): string {
  const what = doing[permission] ?? 'This';
  const roles = listText(rolesWithPermission(permission).map(wordOf), 'and');
  const givers = listText(rolesWithPermission(Permission.PEOPLE_WRITE).map(wordOf), 'or');
  return `${what} needs the right ${Permission[permission]}, which the roles ${roles} have. Your role is ${wordOf(own)}; an ${givers} can change it.`;
}

function wordOf(role: Role): string {
  return roleWord(role).toLowerCase();
}

function listText(words: readonly string[], joint: 'and' | 'or'): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`;
}
