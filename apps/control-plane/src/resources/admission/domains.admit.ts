import { ErrorReason, type Kind } from '@ostler/contracts';
import { AppError, type Violation } from '@ostler/kernel';
import { resourceTitle } from '@ostler/resource-model';

import { execute, query, type UnitOfWork } from '../../platform/db';
import { currentCall } from '../../platform/rpc';
import type { Admitted } from './draft';

interface Owner {
  readonly domain: string;
  readonly resourceUid: string;
  readonly kind: Kind | null;
  readonly name: string | null;
  readonly removing: boolean;
}

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
export async function admitDomains(drafts: readonly Admitted[], unitOfWork: UnitOfWork): Promise<void> {
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
  await lockNeighbours(claims);
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
  await refuseNeighbours(claims, unitOfWork);
}

async function refuseTaken(claims: readonly Claim[]): Promise<void> {
  const owners = await query<Owner>(
    `select c.domain, c.resource_uid as "resourceUid", r.kind, r.name, r.deleted_at is not null as removing
     from domain_claim c left join resource r on r.uid = c.resource_uid where c.domain = any ($1)`,
    [claims.map(({ domain }) => domain)],
  );
  const byDomain = new Map(owners.map((owner) => [owner.domain, owner]));
  refuse(
    claims
      .filter(({ draft, domain }) => byDomain.get(domain)?.resourceUid !== draft.uid)
      .map((claim) => violationOf(claim, ownerInWords(byDomain.get(claim.domain)))),
  );
}

/** Nothing is known of an owner in another tenant, not even that it is one. */
function ownerInWords(owner: Owner | undefined): string {
  if (!owner?.kind || !owner.name) return 'is taken; leave it out';
  const title = resourceTitle(owner.kind, owner.name);
  return owner.removing
    ? `is still being removed from the servers of ${title}; wait until they are done`
    : `belongs to ${title}; remove it there first`;
}

/**
 * A wildcard and a name below it are one domain when they belong to different tenants: who has the name
 * would get requests meant for who has the wildcard. Tenants that the caller acts for may share.
 */
async function refuseNeighbours(claims: readonly Claim[], unitOfWork: UnitOfWork): Promise<void> {
  const { tenantUids } = currentCall();
  const taken = await unitOfWork.asSystem('domain-claims', () =>
    query<{ domain: string }>(
      `select distinct n.domain from unnest($1::text[]) as n (domain)
       join domain_claim c on ${parentOf('c')} = ${parentOf('n')} and c.tenant_uid <> all ($2::uuid[])
       where c.domain like '*.%' or n.domain like '*.%'`,
      [claims.map(({ domain }) => domain), tenantUids],
    ),
  );
  const domains = new Set(taken.map(({ domain }) => domain));
  refuse(
    claims
      .filter(({ domain }) => domains.has(domain))
      .map((claim) => violationOf(claim, 'is taken; leave it out')),
  );
}

/** Two tenants that claim neighbours at the same moment see each other: the second waits for the first. */
async function lockNeighbours(claims: readonly Claim[]): Promise<void> {
  await query(
    `select pg_advisory_xact_lock(${LOCK_SPACE}, bucket) from (
       select distinct abs(hashtext(${parentOf('n')}) % ${LOCK_BUCKETS}) as bucket
       from unnest($1::text[]) as n (domain) order by bucket) as buckets`,
    [claims.map(({ domain }) => domain)],
  );
}

const LOCK_SPACE = 20_040;
/** So many locks at most, however many domains a call has: PostgreSQL keeps them all in memory. */
const LOCK_BUCKETS = 64;

const parentOf = (table: string): string => `substr(${table}.domain, position('.' in ${table}.domain) + 1)`;

function violationOf({ draft, index, domain }: Claim, problem: string): Violation {
  return {
    field: `${draft.path}.${draft.model.specCase}.domains[${index}]`,
    reason: 'DOMAIN_TAKEN',
    message: `${domain} ${problem}`,
  };
}

function refuse(violations: readonly Violation[]): void {
  const [first] = violations;
  if (first) throw new AppError(ErrorReason.DOMAIN_TAKEN, `${first.field}: ${first.message}`, { violations });
}
