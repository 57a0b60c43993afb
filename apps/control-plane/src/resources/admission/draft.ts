import type { ApplyResult_Change, FieldChange, Resource } from '@ostler/contracts';
import type { KindModel, Problems, SpecValue } from '@ostler/resource-model';

import type { KindEngine } from '../kind-engine.port';
import type { ResourceRow } from '../store/resource-row';
import type { StoredSpec } from '../store/stored-spec';

/** One resource of a call on its way to the store. */
export interface Draft {
  /** Path in the request, like `resources[0]`. */
  readonly path: string;
  /** In its one form. */
  readonly given: Resource;
  readonly tenantUid: string;
  readonly model: KindModel;
  readonly engine: KindEngine;
  readonly existing: ResourceRow | undefined;
  readonly previous: SpecValue | undefined;
  readonly uid: string;
  /** Secrets become references while the draft is admitted. */
  readonly spec: SpecValue;
  readonly problems: Problems;
  /** References as they are stored may come from a revision; they are taken as they are. */
  readonly trusted: boolean;
  /** In words for the history; of a revert, say. */
  readonly reason?: string;
}

/** A draft whose spec is final. */
export interface Admitted extends Draft {
  readonly stored: StoredSpec & { readonly specSha256: Buffer };
  readonly change: ApplyResult_Change;
  readonly fields: readonly FieldChange[];
  readonly specChanged: boolean;
  readonly generation: bigint;
}

/** `Site hello` */
export function titleOf({ model, given }: Pick<Draft, 'model' | 'given'>): string {
  return `${model.title} ${given.meta?.name ?? ''}`;
}
