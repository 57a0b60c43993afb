import { Kind, KindSchema, Permission } from '@ostler/contracts';

export interface KindPermissions {
  readonly read: Permission;
  readonly write: Permission;
}

/** Who may read and change each kind, beside the permission of the method. */
const table: Readonly<Partial<Record<Kind, KindPermissions>>> = {
  [Kind.SITE]: { read: Permission.RESOURCES_READ, write: Permission.RESOURCES_WRITE },
  [Kind.CERTIFICATE]: { read: Permission.RESOURCES_READ, write: Permission.RESOURCES_WRITE },
};

/** @throws for a kind without permissions, so that a new kind fails start-up and not an audit. */
export function permissionsOfKind(kind: Kind): KindPermissions {
  const permissions = table[kind];
  if (!permissions) throw new Error(`the kind ${Kind[kind] ?? kind} names no permissions`);
  return permissions;
}

/** For start-up: every kind of the contract has permissions. */
export function checkEveryKind(): void {
  for (const { number } of KindSchema.values) {
    if (number !== Number(Kind.UNSPECIFIED)) permissionsOfKind(number);
  }
}
