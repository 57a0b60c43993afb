import type { Kind } from '@ostler/contracts';
import { Injectable } from '@nestjs/common';

import { executeWithCommit, type Prepared, prepared, query, queryOne } from '../../platform/db';
import { countsBeside, type CountRow } from '../status/status.repository';
import { readColumns, type ReadRow, tenantNames, whereNamed } from '../store/resource-row';
import type { PagePlace } from './page-token';

export interface ListFilter {
  readonly tenantUids: readonly string[];
  /** UNSPECIFIED lists every kind. */
  readonly kind: Kind;
  readonly labels: Readonly<Record<string, string>>;
  readonly search: string;
  /** Name of a server; empty does not ask. */
  readonly server: string;
}

export interface ListQuery extends ListFilter {
  readonly after: PagePlace | undefined;
  readonly limit: number;
}

/** A resource with the counts of its placements. */
export type CountedRow = ReadRow & CountRow;

/** Which resource is meant, in which version; what was read of that version before need not be read again. */
export interface FoundRow extends PagePlace {
  readonly version: bigint;
}

const found = `select r.uid, r.kind, r.name, r.resource_version as version from resource r`;
const foundNamedSql = prepared(`${found} ${whereNamed}`);
const counted = `with ${tenantNames} select ${readColumns}, c.* from resource r ${countsBeside}`;
const countedSql = prepared(`${counted} where r.uid = any ($1)`);

/**
 * The order of an index is right for every page that no other condition narrows. A planner whose statistics
 * are behind, because many resources came at once, may read and sort all of them instead.
 */
export const byIndexSql = `select set_config('enable_sort', 'off', true)`;

/** Conditions of one list, with their parameters. Only what is asked for is in the statement, for the planner. */
class Where {
  readonly parameters: unknown[] = [];
  private readonly conditions: string[] = [];

  add(condition: (...names: string[]) => string, ...values: unknown[]): void {
    const names = values.map((value) => `$${this.parameters.push(value)}`);
    this.conditions.push(condition(...names));
  }

  get sql(): string {
    return this.conditions.length > 0 ? `where ${this.conditions.join(' and ')}` : '';
  }
}

/** A resource by its name, and lists of them: first which they are, then what there is to say of them. */
@Injectable()
export class ListRepository {
  /** Few: one for each set of conditions, whatever their values. */
  private readonly pages = new Map<string, Prepared>();

  /** The own tenant's first, then those nested in it. */
  findNamed(tenantUid: string, kind: Kind, name: string): Promise<FoundRow | undefined> {
    return queryOne<FoundRow>(foundNamedSql, [tenantUid, kind, name]);
  }

  /** One page by kind and name. */
  findPage(list: ListQuery): Promise<FoundRow[]> {
    const { text, parameters, byIndex } = pageOf(list);
    const statement = this.pages.get(text) ?? prepared(text);
    this.pages.set(text, statement);
    if (byIndex) executeWithCommit(byIndexSql);
    return query<FoundRow>(statement, parameters);
  }

  /** As they are now, in any order; those that are gone meanwhile are left out. */
  read(uids: readonly string[]): Promise<CountedRow[]> {
    return query<CountedRow>(countedSql, [uids]);
  }

  /** How many there are in all. */
  async count(list: ListFilter): Promise<number> {
    const where = conditionsOf(list);
    const counted = await queryOne<{ total: bigint }>(
      `select count(*) as total from resource r ${where.sql}`,
      where.parameters,
    );
    return Number(counted?.total ?? 0n);
  }
}

interface PageStatement {
  readonly text: string;
  readonly parameters: readonly unknown[];
  /** Read in the order of an index, up to its limit. */
  readonly byIndex: boolean;
}

/** The statement of a page; values are parameters, so that few statements make all pages. */
export function pageOf(list: ListQuery): PageStatement {
  const where = conditionsOf(list);
  const { after } = list;
  if (after) behind(after, list.kind > 0, where);
  const parameters = [...where.parameters, Math.floor(list.limit)];
  const text = `${found} ${where.sql} order by r.kind, r.name, r.uid limit $${parameters.length}`;
  return { text, parameters, byIndex: !isNarrowed(list) };
}

/**
 * Within one kind only name and uid are compared: a comparison that begins with what is equal anyway makes
 * PostgreSQL walk the index from the first name on.
 */
function behind({ kind, name, uid }: PagePlace, isOneKind: boolean, where: Where): void {
  if (isOneKind) where.add((n, u) => `(r.name, r.uid) > (${n}::text, ${u}::uuid)`, name, uid);
  else
    where.add(
      (k, n, u) => `(r.kind, r.name, r.uid) > (${k}::smallint, ${n}::text, ${u}::uuid)`,
      kind,
      name,
      uid,
    );
}

function isNarrowed({ tenantUids, labels, search, server }: ListFilter): boolean {
  return tenantUids.length !== 1 || Object.keys(labels).length > 0 || search !== '' || server !== '';
}

function conditionsOf({ tenantUids, kind, labels, search, server }: ListFilter): Where {
  const where = new Where();
  // Row-level security says the same of many; one equality lets the index give the order.
  if (tenantUids.length === 1) where.add((tenant) => `r.tenant_uid = ${tenant}`, tenantUids[0]);
  if (kind > 0) where.add((name) => `r.kind = ${name}::smallint`, kind);
  if (Object.keys(labels).length > 0)
    where.add((name) => `r.labels @> ${name}::jsonb`, JSON.stringify(labels));
  if (search !== '')
    where.add((name) => `r.search_text like ${name}`, `%${escapeLike(search.toLowerCase())}%`);
  if (server !== '') {
    where.add(
      (name) => `r.uid in (select p.resource_uid from placement p join server s on s.uid = p.server_uid
        where s.name = ${name} and s.removed_at is null)`,
      server,
    );
  }
  return where;
}

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, '\\$&');
