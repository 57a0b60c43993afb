import { queryOne, execute, prepared, type UnitOfWork } from '../../platform/db';

/**
 * The order of changes of a tenant and everything nested in it. The row of the topmost tenant is locked from
 * the first change of a transaction to its commit, so that versions become visible in their order and a watch
 * can go on from the highest one it saw (DESIGN: order of changes). Whoever writes resources, placements or
 * their status takes this lock before any other row, which rules deadlocks out.
 */
export class OrderOfChanges {
  private constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly topTenantUid: string,
    private version: bigint,
  ) {}

  /** Waits for the lock. Within a unit of work. */
  static async lock(unitOfWork: UnitOfWork, tenantUid: string): Promise<OrderOfChanges> {
    return unitOfWork.asSystem('order-of-changes', async () => {
      const top = await topOf(tenantUid);
      await execute('insert into tenant_counter (tenant_uid) values ($1) on conflict do nothing', [top]);
      const row = await queryOne<{ version: bigint }>(
        'select resource_version as version from tenant_counter where tenant_uid = $1 for update',
        [top],
      );
      return new OrderOfChanges(unitOfWork, top, row?.version ?? 0n);
    });
  }

  /** The version of the next change. */
  next(): bigint {
    return ++this.version;
  }

  /** Reserves several; returns the first. */
  take(count: number): bigint {
    const first = this.version + 1n;
    this.version += BigInt(count);
    return first;
  }

  /** Keeps the versions that were taken. Call it once, before the commit. */
  async save(): Promise<void> {
    await this.unitOfWork.asSystem('order-of-changes', () =>
      execute('update tenant_counter set resource_version = $2 where tenant_uid = $1', [
        this.topTenantUid,
        this.version,
      ]),
    );
  }
}

const newestOf = (table: string, tenant: string): string =>
  `(select resource_version from ${table} where tenant_uid = ${tenant} order by resource_version desc limit 1)`;
const newestOfBoth = (tenant: string): string =>
  `greatest(${newestOf('resource', tenant)}, ${newestOf('resource_removal', tenant)})`;
/** Apart from that of several, because it is asked all the time and planned in a third of the time. */
const newestOfOneSql = prepared(`select ${newestOfBoth('$1')} as version`);
const newestSql = prepared(
  `select max(${newestOfBoth('t.uid')}) as version from unnest($1::uuid[]) as t (uid)`,
);

/**
 * The newest version that is visible of these tenants. Read before the rows it is told with: what commits in
 * between is then seen twice and not missed.
 */
export async function newestVersion(tenantUids: readonly string[]): Promise<bigint> {
  const isOne = tenantUids.length === 1;
  const row = await queryOne<{ version: bigint | null }>(isOne ? newestOfOneSql : newestSql, [
    isOne ? tenantUids[0] : tenantUids,
  ]);
  return row?.version ?? 0n;
}

async function topOf(tenantUid: string): Promise<string> {
  const row = await queryOne<{ uid: string }>(
    `with recursive line as (
       select uid, parent_uid from tenant where uid = $1
       union all select t.uid, t.parent_uid from tenant t join line on t.uid = line.parent_uid
     ) select uid from line where parent_uid is null`,
    [tenantUid],
  );
  return row?.uid ?? tenantUid;
}
