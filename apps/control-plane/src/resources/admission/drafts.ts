import { clone } from '@bufbuild/protobuf';
import { ErrorReason, type Resource } from '@ostler/contracts';
import { AppError, newUid, type TenantUid, type Violation } from '@ostler/kernel';
import { checkResource, Problems, resourceTitle, type SpecValue } from '@ostler/resource-model';

import { query } from '../../platform/db';
import { currentCall } from '../../platform/rpc';
import { kindEngine } from '../kinds';
import type { ResourceRepository } from '../store/resource.repository';
import type { ResourceRow } from '../store/resource-row';
import { loadSpec } from '../store/stored-spec';
import type { Draft } from './draft';

/** What can be said of the resources of a call without the database. @throws AppError INVALID naming every field. */
export function checkAll(resources: readonly Resource[]): Resource[] {
  const { checked, problems } = check(resources);
  problems.throwIfAny();
  return checked;
}

/** What `checkAll` would refuse. Never throws. */
export function problemsOfAll(resources: readonly Resource[]): readonly Violation[] {
  return check(resources).problems.violations;
}

function check(resources: readonly Resource[]) {
  const problems = new Problems();
  const checked = resources.map((resource, index) => {
    const { resource: normalised, violations } = checkResource(resource, `resources[${index}]`);
    for (const { field, reason, message } of violations) problems.add(field, reason, message);
    return normalised;
  });
  refuseDuplicates(checked, problems);
  return { checked, problems };
}

function refuseDuplicates(checked: readonly Resource[], problems: Problems): void {
  const seen = new Map<string, number>();
  for (const [index, { meta }] of checked.entries()) {
    const key = `${meta?.kind} ${meta?.tenant} ${meta?.name}`;
    const first = seen.get(key);
    if (meta && first !== undefined) {
      problems.add(
        `resources[${index}].meta.name`,
        'DUPLICATE',
        `${resourceTitle(meta.kind, meta.name)} is resources[${first}] too; keep one`,
      );
    }
    seen.set(key, first ?? index);
  }
}

/** Puts each resource beside what is stored of it. @throws AppError CONFLICT when a generation was expected that is not there. */
export async function openDrafts(
  checked: readonly Resource[],
  repository: ResourceRepository,
): Promise<Draft[]> {
  const tenants = await tenantsNamed(checked);
  const keys = checked.map(({ meta }, index) => ({
    tenantUid: tenants[index]!,
    kind: meta!.kind,
    name: meta!.name,
  }));
  const rows = await repository.findByKeys(keys);
  const byKey = new Map(rows.map((row) => [`${row.tenantUid} ${row.kind} ${row.name}`, row]));
  return checked.map((given, index) => {
    const key = keys[index]!;
    const existing = byKey.get(`${key.tenantUid} ${key.kind} ${key.name}`);
    const path = `resources[${index}]`;
    expectGeneration(
      given.meta!.generation,
      existing,
      `${path}.meta.generation`,
      resourceTitle(key.kind, key.name),
    );
    return openDraft(given, key.tenantUid, existing, path, false);
  });
}

export function openDraft(
  given: Resource,
  tenantUid: string,
  existing: ResourceRow | undefined,
  path: string,
  trusted: boolean,
  reason?: string,
): Draft {
  const engine = kindEngine(given.meta!.kind);
  const { model } = engine;
  return {
    path,
    given,
    tenantUid,
    model,
    engine,
    existing,
    previous: existing && loadSpec(existing.kind, existing),
    uid: existing?.uid ?? newUid<'Resource'>(),
    spec: clone(model.schema, given.spec.value!) as SpecValue,
    problems: new Problems(`${path}.${model.specCase}`),
    trusted,
    reason,
  };
}

/** 0 expects nothing. @throws AppError CONFLICT naming both generations. */
export function expectGeneration(
  expected: bigint,
  existing: Pick<ResourceRow, 'generation'> | undefined,
  field: string,
  title: string,
): void {
  const present = existing?.generation ?? 0n;
  if (expected === 0n || expected === present) return;
  const message = existing
    ? `${title} has generation ${present}, not ${expected}: it was changed meanwhile. Read it again, then apply.`
    : `${title} does not exist, so it has no generation ${expected}. Leave the generation out to create it.`;
  throw new AppError(ErrorReason.CONFLICT, message, { violations: [{ field, reason: 'CONFLICT', message }] });
}

/** The tenant of each resource: the caller's own, or one nested in it by name. */
async function tenantsNamed(resources: readonly Resource[]): Promise<TenantUid[]> {
  const own = currentCall().tenantUid as TenantUid;
  const names = new Set(resources.map(({ meta }) => meta!.tenant).filter((name) => name !== ''));
  if (names.size === 0) return resources.map(() => own);
  const rows = await query<{ uid: TenantUid; name: string }>(
    'select uid, name from tenant where name = any ($1)',
    [[...names]],
  );
  const byName = new Map(rows.map(({ uid, name }) => [name, uid]));
  return resources.map(({ meta }, index) => {
    if (meta!.tenant === '') return own;
    const uid = byName.get(meta!.tenant);
    if (uid) return uid;
    const message = `Tenant ${meta!.tenant} does not exist, or is not yours to see.`;
    throw new AppError(ErrorReason.NOT_FOUND, message, {
      violations: [{ field: `resources[${index}].meta.tenant`, reason: 'NOT_FOUND', message }],
    });
  });
}
