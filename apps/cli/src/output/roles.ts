import { Role } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { enumWord } from './enum-word';

const roles: Readonly<Record<string, Role>> = {
  owner: Role.OWNER,
  admin: Role.ADMIN,
  operator: Role.OPERATOR,
  viewer: Role.VIEWER,
};

/** The role that a word on the command line means. */
export function roleOf(word: string): Role {
  const role = roles[word];
  if (role) return role;
  throw AppError.invalid(
    'role',
    'UNKNOWN_ROLE',
    `there is no role "${word}"; there are ${Object.keys(roles).join(', ')}`,
  );
}

export function roleName(role: Role | undefined): string {
  return enumWord(Role, role);
}
