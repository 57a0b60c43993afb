import { ErrorReason, type Kind } from '@ostler/contracts';
import { AppError, type Violation } from '@ostler/kernel';
import { resourceTitle } from '@ostler/resource-model';

import { execute, query } from '../../platform/db';
import { type Admitted, titleOf } from './draft';

interface Claim {
  readonly draft: Admitted;
  readonly index: number;
  readonly domain: string;
}

/**
 * Gives each domain its one owner across all tenants. Domains that a spec gave up are free first, so that two
 * sites can change places in one call; those of a deleted site stay taken until its last server let go.
 *
 * @throws AppError DOMAIN_TAKEN; the owner is named only when it belongs to the caller.
 */
export async function admitDomains(drafts: readonly Admitted[]): Promise<void> {
  const changed = drafts.filter(
    ({ specChanged, model, spec }) => specChanged && model.domains(spec).length > 0,
  );
  if (changed.length === 0) return;
  await execute(
    `delete from domain_claim c using unnest($1::uuid[], $2::jsonb[]) as n (resource_uid, domains)
     where c.resource_uid = n.resource_uid and not n.domains ? c.domain`,
    [changed.map(({ uid }) => uid), changed.map(({ model, spec }) => JSON.stringify(model.domains(spec)))],
  );
  // In one order for everybody: claims of other tenants wait for each other and never in a circle.
  const claims = changed
    .flatMap((draft) =>
      draft.model.domains(draft.spec).map((domain, index): Claim => ({ draft, index, domain })),
    )
    .toSorted((a, b) => (a.domain < b.domain ? -1 : 1));
  await execute(
    `insert into domain_claim (domain, tenant_uid, resource_uid)
     select domain, tenant_uid, resource_uid
     from unnest($1::text[], $2::uuid[], $3::uuid[]) with ordinality as n (domain, tenant_uid, resource_uid, position)
     order by position on conflict (domain) do nothing`,
    [
      claims.map(({ domain }) => domain),
      claims.map(({ draft }) => draft.tenantUid),
      claims.map(({ draft }) => draft.uid),
    ],
  );
  await refuseTaken(claims);
}

async function refuseTaken(claims: readonly Claim[]): Promise<void> {
  const owners = await query<{ domain: string; resourceUid: string; kind: Kind | null; name: string | null }>(
    `select c.domain, c.resource_uid as "resourceUid", r.kind, r.name from domain_claim c
     left join resource r on r.uid = c.resource_uid where c.domain = any ($1)`,
    [claims.map(({ domain }) => domain)],
  );
  const byDomain = new Map(owners.map((owner) => [owner.domain, owner]));
  const violations: Violation[] = [];
  for (const { draft, index, domain } of claims) {
    const owner = byDomain.get(domain);
    if (owner?.resourceUid === draft.uid) continue;
    const whose =
      owner?.kind && owner.name ? `belongs to ${resourceTitle(owner.kind, owner.name)}` : 'is taken';
    violations.push({
      field: `${draft.path}.${draft.model.specCase}.domains[${index}]`,
      reason: 'DOMAIN_TAKEN',
      message: `${domain} ${whose}; remove it there or leave it out of ${titleOf(draft)}`,
    });
  }
  const [first] = violations;
  if (first) throw new AppError(ErrorReason.DOMAIN_TAKEN, `${first.field}: ${first.message}`, { violations });
}
