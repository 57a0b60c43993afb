import { Kind, type Resource } from '@ostler/contracts';
import { kindModels, kindTitle } from '@ostler/resource-model';

import { permissionsOfKind } from '../access';
import { requirePermission } from '../platform/rpc';

/** Beside the permission of the method: each kind has its own. @throws AppError DENIED */
export function requireRead(kind: Kind): void {
  const kinds = kind === Kind.UNSPECIFIED ? kindModels.map((model) => model.kind) : [kind];
  for (const each of kinds)
    requirePermission(permissionsOfKind(each).read, `see resources of the kind ${kindTitle(each)}`);
}

/** @throws AppError DENIED */
export function requireWrite(kind: Kind): void {
  requirePermission(permissionsOfKind(kind).write, `change resources of the kind ${kindTitle(kind)}`);
}

/** @throws AppError DENIED; a kind that is not known is refused later, with its field. */
export function requireWriteAll(resources: readonly Resource[]): void {
  const kinds = new Set(resources.map(({ meta }) => meta?.kind ?? Kind.UNSPECIFIED));
  for (const { kind } of kindModels) if (kinds.has(kind)) requireWrite(kind);
}
