import { Role } from '@ostler/contracts';

const words: Readonly<Record<Role, string>> = {
  [Role.UNSPECIFIED]: 'No role',
  [Role.OWNER]: 'Owner',
  [Role.ADMIN]: 'Admin',
  [Role.OPERATOR]: 'Operator',
  [Role.VIEWER]: 'Viewer',
};

const meanings: Readonly<Record<Role, string>> = {
  [Role.UNSPECIFIED]: '',
  [Role.OWNER]: 'everything, owners included',
  [Role.ADMIN]: 'everything but owners',
  [Role.OPERATOR]: 'resources and operations',
  [Role.VIEWER]: 'looks',
};

export function roleWord(role: Role): string {
  return words[role];
}

/** The roles that a person may give: never above their own. */
export function roleOptionsFor(own: Role): readonly { value: Role; label: string }[] {
  return [Role.VIEWER, Role.OPERATOR, Role.ADMIN, Role.OWNER]
    .filter((role) => role >= own)
    .map((value) => ({ value, label: `${words[value]}: ${meanings[value]}` }));
}
