import { ErrorReason, type Kind } from '@ostler/contracts';
import { AppError, type Violation } from '@ostler/kernel';
import { resourceTitle } from '@ostler/resource-model';

import { execute, query } from '../../platform/db';
import type { Admitted } from './draft';

interface Wanted {
  readonly draft: Admitted;
  readonly path: string;
  readonly kind: Kind;
  readonly name: string;
}

/**
 * Resolves what the specs reference, inside the tenant of each, and writes the edges. The resources of the
 * call are stored already, so that they find each other whatever their order.
 *
 * @returns every resource that was referenced before or is now: its placements follow.
 * @throws AppError REFERENCE_MISSING naming each reference that leads nowhere.
 */
export async function admitReferences(drafts: readonly Admitted[]): Promise<Set<string>> {
  const changed = drafts.filter(({ specChanged }) => specChanged);
  if (changed.length === 0) return new Set();
  const wanted = changed.flatMap((draft) =>
    draft.model
      .references(draft.spec)
      .map(({ path, ref }) => ({ draft, path, kind: ref.kind, name: ref.name })),
  );
  const found = await resolve(wanted);
  refuseMissing(wanted, found);
  const before = await query<{ uid: string }>(
    'delete from reference where from_uid = any ($1) returning to_uid as uid',
    [changed.map(({ uid }) => uid)],
  );
  const targets = wanted.map((want) => found.get(keyOf(want))!);
  await execute(
    `insert into reference (from_uid, to_uid, tenant_uid)
     select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]) on conflict do nothing`,
    [wanted.map(({ draft }) => draft.uid), targets, wanted.map(({ draft }) => draft.tenantUid)],
  );
  return new Set([...before.map(({ uid }) => uid), ...targets]);
}

async function resolve(wanted: readonly Wanted[]): Promise<Map<string, string>> {
  const rows = await query<{ uid: string; tenantUid: string; kind: Kind; name: string }>(
    `select r.uid, r.tenant_uid as "tenantUid", r.kind, r.name from resource r
     join (select distinct * from unnest($1::uuid[], $2::smallint[], $3::text[])) as k (tenant_uid, kind, name)
       on r.tenant_uid = k.tenant_uid and r.kind = k.kind and r.name = k.name
     where r.deleted_at is null`,
    [
      wanted.map(({ draft }) => draft.tenantUid),
      wanted.map(({ kind }) => kind),
      wanted.map(({ name }) => name),
    ],
  );
  return new Map(rows.map(({ uid, tenantUid, kind, name }) => [`${tenantUid} ${kind} ${name}`, uid]));
}

const keyOf = ({ draft, kind, name }: Wanted): string => `${draft.tenantUid} ${kind} ${name}`;

function refuseMissing(wanted: readonly Wanted[], found: ReadonlyMap<string, string>): void {
  const violations: Violation[] = wanted
    .filter((want) => !found.has(keyOf(want)))
    .map(({ draft, path, kind, name }) => ({
      field: `${draft.path}.${draft.model.specCase}.${path}`,
      reason: 'REFERENCE_MISSING',
      message: `${resourceTitle(kind, name)} does not exist in this tenant; apply it first or in the same call`,
    }));
  const [first] = violations;
  if (first)
    throw new AppError(ErrorReason.REFERENCE_MISSING, `${first.field}: ${first.message}`, { violations });
}
