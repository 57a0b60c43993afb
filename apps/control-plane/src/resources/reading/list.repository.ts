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

const counted = `with ${tenantNames} select ${readColumns}, c.* from resource r ${countsBeside}`;
const namedSql = prepared(`${counted} ${whereNamed}`);

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

/** A resource by its name, and lists of them, each with its counts in the same statement. */
@Injectable()
export class ListRepository {
  /** Few: one for each set of conditions, whatever their values. */
  private readonly pages = new Map<string, Prepared>();

  /** The own tenant's first, then those nested in it. */
  named(tenantUid: string, kind: Kind, name: string): Promise<CountedRow | undefined> {
    return queryOne<CountedRow>(namedSql, [tenantUid, kind, name]);
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

  /** One page by kind and name. */
  page(list: ListQuery): Promise<CountedRow[]> {
    const { text, parameters, byIndex } = pageOf(list);
    const statement = this.pages.get(text) ?? prepared(text);
    this.pages.set(text, statement);
    if (byIndex) executeWithCommit(byIndexSql);
    return query<CountedRow>(statement, parameters);
  }
}

interface PageStatement {
  readonly text: string;
  readonly parameters: readonly unknown[];
  /** Read in the order of an index, up to its limit. */
  readonly byIndex: boolean;
}

/**
 * The statement of a page; values are parameters, so that few statements make all pages. Where rows may have
 * to be sorted before the page is known, it is made first, so that nothing is counted for other rows.
 */
export function pageOf(list: ListQuery): PageStatement {
  const where = conditionsOf(list);
  const { after } = list;
  if (after)
    where.add(
      (k, n, u) => `(r.kind, r.name, r.uid) > (${k}::smallint, ${n}::text, ${u}::uuid)`,
      after.kind,
      after.name,
      after.uid,
    );
  const parameters = [...where.parameters, Math.floor(list.limit)];
  const order = 'order by r.kind, r.name, r.uid';
  const page = `${where.sql} ${order} limit $${parameters.length}`;
  if (!isNarrowed(list)) return { text: `${counted} ${page}`, parameters, byIndex: true };
  const text = `with ${tenantNames}, r as materialized (select r.* from resource r ${page})
    select ${readColumns}, c.* from r ${countsBeside} ${order}`;
  return { text, parameters, byIndex: false };
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
