import { Injectable } from '@nestjs/common';
import { execute, query, queryOne } from '../platform/db';

export interface SelectorRow {
  readonly name: string;
  readonly labels: Record<string, string>;
  /** Servers that have those labels now. */
  readonly servers: number;
}

const columns = `f.name, f.labels,
  (select count(*)::int from server s where s.removed_at is null and s.labels @> f.labels) as servers`;

/** Table `saved_selector`, within the caller's unit of work. */
@Injectable()
export class SelectorsRepository {
  /** Of one tenant: those nested in it may use the same names. */
  list(tenantUid: string): Promise<SelectorRow[]> {
    return query(`select ${columns} from saved_selector f where f.tenant_uid = $1 order by f.name`, [
      tenantUid,
    ]);
  }

  /** The same name again replaces the labels. */
  async save(uid: string, tenantUid: string, name: string, labels: Record<string, string>): Promise<void> {
    await execute(
      `insert into saved_selector (uid, tenant_uid, name, labels) values ($1, $2, $3, $4)
       on conflict (tenant_uid, name) do update set labels = excluded.labels`,
      [uid, tenantUid, name, JSON.stringify(labels)],
    );
  }

  byName(tenantUid: string, name: string): Promise<SelectorRow | undefined> {
    return queryOne(`select ${columns} from saved_selector f where f.tenant_uid = $1 and f.name = $2`, [
      tenantUid,
      name,
    ]);
  }

  async count(tenantUid: string): Promise<number> {
    const row = await queryOne<{ total: number }>(
      'select count(*)::int as total from saved_selector where tenant_uid = $1',
      [tenantUid],
    );
    return row?.total ?? 0;
  }

  delete(tenantUid: string, name: string): Promise<number> {
    return execute('delete from saved_selector where tenant_uid = $1 and name = $2', [tenantUid, name]);
  }
}
